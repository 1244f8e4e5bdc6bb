"""Inviting again where an invitation has ended: the button, and the undo of a revocation."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import formats
from webapp.domain.invitations import reinvitations
from webapp.languages import gettext
from webapp.web import forms, messages, pages, scope

blueprint = Blueprint("reinvitations", __name__, url_prefix="/orgs/<slug:slug>/invitations")


@blueprint.post("/<id:invitation_id>/again")
def invite(slug: str, invitation_id: int) -> AnyResponse:
    """Invite the same person by the same terms, with a new link."""
    form, organization = forms.ButtonForm(), scope.organization()
    done = form.attempt(reinvitations.invite_again, organization, invitation_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    invitation = done.result
    words = gettext(
        "%(email)s is invited again, with a new link that is good until %(time)s. The earlier link "
        "does not work any more.",
        email=invitation.email,
        time=formats.exact(invitation.expires_at),
    )
    messages.tell(words)
    new = url_for("invitations.detail", slug=slug, invitation_id=invitation.id)
    old = url_for("invitations.detail", slug=slug, invitation_id=invitation_id)
    return pages.go(new) if request.form.get("back") == old else pages.back_or(new)
