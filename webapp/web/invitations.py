"""Inviting people, and the table of all invitations."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock
from webapp.domain import events, invitations
from webapp.domain.deliverability import deliveries, suppressions
from webapp.domain.events import sentences
from webapp.domain.invitations import counts, diagnoses, resends, table
from webapp.domain.invitations.table import InvitationFilters
from webapp.domain.outbox import attempts
from webapp.models import Invitation
from webapp.web import forms, invitation_lines, pages, scope
from webapp.web.forms.invitations import EditForm, InviteForm
from webapp.web.pages import Fragment, dialog

blueprint = Blueprint("invitations", __name__, url_prefix="/orgs/<slug:slug>/invitations")

TABLE = Fragment("invitations/_list.html", "#invitations", has_address=True)


@blueprint.get("")
def index(slug: str) -> Response:
    """The table: filtered, sorted, page by page."""
    organization, query = scope.organization(), request.args
    filters = InvitationFilters.of(
        status=query.get("status"),
        delivery=query.get("delivery"),
        inviter_id=pages.row_id(query.get("inviter")),
        q=query.get("q"),
        sort=query.get("sort"),
    )
    after, before = query.get("after"), query.get("before")
    page = table.lines(organization, filters, after=after, before=before, last="last" in query)
    return pages.render(
        "invitations/index.html",
        fragment=TABLE,
        counts=counts.by_status(organization),
        inviters=table.inviters(organization, filters.inviter_id),
        **invitation_lines.facts(page, filters, url_for(".index", slug=slug)),
        hold=deliveries.hold(),
    )


@blueprint.get("/new")
def new(slug: str) -> Response:
    """The form to invite one person."""
    return _form(InviteForm.of(scope.organization()))


@blueprint.post("")
def create(slug: str) -> AnyResponse:
    """Invite; the mail is sent after the answer."""
    organization = scope.organization()
    form = InviteForm.of(organization)
    done = form.attempt(
        invitations.create,
        organization,
        by=scope.me(),
        email=form.email.data or "",
        **form.typed,
    )
    if not done:
        return _form(form, 422)
    invitation = done.result
    flash(
        f"Invitation sent to {invitation.email}. "
        f"It is good until {clock.exact(invitation.expires_at)}.",
        "success",
    )
    return pages.go(url_for(".index", slug=slug))


@blueprint.get("/<id:invitation_id>")
def detail(slug: str, invitation_id: int) -> Response:
    """One invitation: its history, its mails, what can be done."""
    invitation = invitations.find(scope.organization(), invitation_id)
    trail = [
        (event, sentences.sentence(event, actor))
        for event, actor in events.of_invitation(invitation)
    ]
    mails = deliveries.of_invitation(invitation)
    return pages.render(
        "invitations/detail.html",
        invitation=invitation,
        trail=trail,
        mails=mails,
        tries=attempts.of(mails.rows),
        suppressed=suppressions.words(invitation),
        hold=deliveries.hold(),
        diagnosis=diagnoses.of(invitation, mails),
    )


@blueprint.get("/<id:invitation_id>/edit")
def ask_edit(slug: str, invitation_id: int) -> Response:
    """The form to change an open invitation."""
    invitation = invitations.find(scope.organization(), invitation_id)
    values = EditForm.shown(invitation)
    return _edit_form(EditForm.of(scope.organization(), **values), invitation)


@blueprint.post("/<id:invitation_id>/edit")
def edit(slug: str, invitation_id: int) -> AnyResponse:
    """Change role, term, name or message; the link stays."""
    organization = scope.organization()
    invitation = invitations.find(organization, invitation_id)
    form = EditForm.of(organization, expiry_days=invitation.expiry_days)
    changes = {**form.typed, "seen": form.before}
    done = form.attempt(invitations.edit, organization, invitation_id, by=scope.me(), **changes)
    if not done:
        return _edit_form(form, invitation, 422)
    flash(f"The invitation for {invitation.email} was changed. Its link stays the same.", "success")
    return pages.back_or(url_for(".detail", slug=slug, invitation_id=invitation_id))


@blueprint.post("/<id:invitation_id>/deliveries/<id:delivery_id>/retry")
def retry(slug: str, invitation_id: int, delivery_id: int) -> AnyResponse:
    """Try a failed mail again."""
    form = forms.ButtonForm()
    organization = scope.organization()
    done = form.attempt(resends.retry_mail, organization, invitation_id, delivery_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash("The mail will be tried again now.", "success")
    return pages.go(url_for(".detail", slug=slug, invitation_id=invitation_id))


@blueprint.get("/<id:invitation_id>/revoke")
def ask_revoke(slug: str, invitation_id: int) -> Response:
    """The confirmation page before revoking, naming the person and what follows."""
    return pages.render(
        "invitations/revoke.html",
        fragment=dialog("invitations/_revoke.html"),
        invitation=invitations.find(scope.organization(), invitation_id),
        form=forms.ButtonForm(),
    )


@blueprint.post("/<id:invitation_id>/revoke")
def revoke(slug: str, invitation_id: int) -> AnyResponse:
    """End the invitation and its link at once."""
    form = forms.ButtonForm()
    done = form.attempt(invitations.revoke, scope.organization(), invitation_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash(
        f"The invitation for {done.result.email} is revoked. Its link no longer works.", "success"
    )
    return pages.back_or(url_for(".detail", slug=slug, invitation_id=invitation_id))


def _form(form: InviteForm, status: int = 200) -> Response:
    return pages.render(
        "invitations/new.html",
        fragment=dialog("invitations/_form.html"),
        form=form,
        status=status,
    )


def _edit_form(form: EditForm, invitation: Invitation, status: int = 200) -> Response:
    return pages.render(
        "invitations/edit.html",
        fragment=dialog("invitations/_edit.html"),
        form=form,
        invitation=invitation,
        status=status,
    )
