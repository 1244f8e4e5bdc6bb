"""The link of an invitation: showing it to an admin, and mailing a new one."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock, formats
from webapp.domain import invitations
from webapp.domain.invitations import resends
from webapp.languages import gettext
from webapp.web import forms, one_time_view, pages, scope
from webapp.web.pages import dialog

blueprint = Blueprint(
    "invitation_links", __name__, url_prefix="/orgs/<slug:slug>/invitations/<id:invitation_id>"
)


@blueprint.get("/link")
def ask(slug: str, invitation_id: int) -> Response:
    """The link, if the button was just pressed; else the button."""
    organization = scope.organization()
    invitation = invitations.find(organization, invitation_id)
    link = None
    if one_time_view.is_fresh(request.args.get("shown"), invitation_id) and invitation.is_open(
        clock.now()
    ):
        link = invitations.link(invitation)
    return pages.render(
        "invitations/link.html",
        fragment=dialog("invitations/_link.html"),
        invitation=invitation,
        link=link,
    )


@blueprint.post("/link")
def show(slug: str, invitation_id: int) -> AnyResponse:
    """Show the link to this admin for a few minutes; this is recorded."""
    form = forms.ButtonForm()
    invitations.find(scope.organization(), invitation_id)
    done = form.attempt(invitations.copy_link, scope.organization(), invitation_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    permit = one_time_view.make(invitation_id)
    return pages.go(url_for(".ask", slug=slug, invitation_id=invitation_id, shown=permit))


@blueprint.post("/resend")
def resend(slug: str, invitation_id: int) -> AnyResponse:
    """Mail a new link; earlier ones end."""
    form = forms.ButtonForm()
    done = form.attempt(resends.resend, scope.organization(), invitation_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    invitation = done.result
    words = gettext(
        "A new link was sent to %(email)s. It is good until %(time)s. "
        "Earlier links no longer work.",
        email=invitation.email,
        time=formats.exact(invitation.expires_at),
    )
    flash(words, "success")
    detail = url_for("invitations.detail", slug=slug, invitation_id=invitation_id)
    return pages.back_or(detail, row=invitation_id)
