"""Putting the address of an invitation right."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock
from webapp.domain import invitations
from webapp.domain.invitations import readdressing
from webapp.models import Invitation
from webapp.web import pages, scope
from webapp.web.forms.invitations import CorrectForm
from webapp.web.pages import dialog

blueprint = Blueprint("readdressing", __name__, url_prefix="/orgs/<slug:slug>/invitations")


@blueprint.get("/<id:invitation_id>/address")
def ask(slug: str, invitation_id: int) -> Response:
    """The form, with the address that was wrong."""
    invitation = invitations.find(scope.organization(), invitation_id)
    return _form(CorrectForm(data={"email": invitation.email}), invitation)


@blueprint.post("/<id:invitation_id>/address")
def correct(slug: str, invitation_id: int) -> AnyResponse:
    """Revoke it, and invite the right address with the same words."""
    organization = scope.organization()
    wrong = invitations.find(organization, invitation_id)
    form = CorrectForm()
    done = form.attempt(
        readdressing.correct,
        organization,
        invitation_id,
        by=scope.me(),
        email=form.email.data or "",
    )
    if not done:
        return _form(form, wrong, 422)
    made = done.result
    flash(
        f"Invitation sent to {made.email}. It is good until {clock.exact(made.expires_at)}. "
        f"The one for {wrong.email} is revoked.",
        "success",
    )
    return pages.back_or(url_for("invitations.detail", slug=slug, invitation_id=made.id))


def _form(form: CorrectForm, invitation: Invitation, status: int = 200) -> Response:
    return pages.render(
        "invitations/correct.html",
        fragment=dialog("invitations/_correct.html"),
        form=form,
        invitation=invitation,
        status=status,
    )
