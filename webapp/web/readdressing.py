"""Correcting the address of an invitation."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import formats
from webapp.domain import invitations
from webapp.domain.invitations import readdressing
from webapp.languages import gettext
from webapp.models import Invitation
from webapp.web import pages, scope, ways_back
from webapp.web.forms.invitations import CorrectForm
from webapp.web.pages import dialog

blueprint = Blueprint("readdressing", __name__, url_prefix="/orgs/<slug:slug>/invitations")


@blueprint.get("/<id:invitation_id>/address")
def ask(slug: str, invitation_id: int) -> Response:
    """The form, with the wrong address."""
    invitation = invitations.find(scope.organization(), invitation_id)
    return _form(CorrectForm(data={"email": invitation.email}), invitation)


@blueprint.post("/<id:invitation_id>/address")
def correct(slug: str, invitation_id: int) -> AnyResponse:
    """Revoke the invitation, and invite the right address with the same message."""
    organization = scope.organization()
    invitation = invitations.find(organization, invitation_id)
    form = CorrectForm()
    done = form.attempt(
        readdressing.correct,
        organization,
        invitation_id,
        by=scope.me(),
        email=form.email.data or "",
    )
    if not done:
        return _form(form, invitation, 422)
    corrected = done.result
    words = gettext(
        "Invitation sent to %(email)s. It is good until %(time)s. "
        "The one for %(wrong)s is revoked.",
        email=corrected.email,
        time=formats.exact(corrected.expires_at),
        wrong=invitation.email,
    )
    flash(words, "success")
    detail = url_for("invitations.detail", slug=slug, invitation_id=corrected.id)
    return pages.back_or(detail, row=corrected.id)


def _form(form: CorrectForm, invitation: Invitation, status: int = 200) -> Response:
    return pages.render(
        "invitations/correct.html",
        fragment=dialog("invitations/_correct.html"),
        form=form,
        invitation=invitation,
        back=ways_back.to(url_for("invitations.index", slug=scope.organization().slug)),
        status=status,
    )
