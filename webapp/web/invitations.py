"""Inviting people, and the table of all invitations."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import invitations
from webapp.domain.deliverability import deliveries, suppressions
from webapp.domain.groups import invited
from webapp.domain.imports import several
from webapp.domain.invitations import access, diagnoses, resends, table
from webapp.domain.links import table as join_links
from webapp.languages import gettext as _
from webapp.models import Invitation
from webapp.web import (
    forms,
    invitation_lines,
    invitation_results,
    invitation_story,
    invitees,
    limits,
    messages,
    pages,
    scope,
    ways_back,
)
from webapp.web.forms.invitations import CheckForm, EditForm, InviteForm
from webapp.web.pages import Fragment, dialog

blueprint = Blueprint("invitations", __name__, url_prefix="/orgs/<slug:slug>/invitations")

# Changed in place, so that focus, selection and what is being typed stay as they are.
TABLE = Fragment("invitations/_list.html", "#invitations", "outerMorph", has_address=True)


@blueprint.get("")
def index(slug: str) -> AnyResponse:
    """The table: filtered, sorted, page by page."""
    organization, query = scope.organization(), request.args
    if plain := pages.without_empty(request.path, query):
        return pages.go(plain)
    filters = invitation_lines.filters_of(query)
    after, before = query.get("after"), query.get("before")
    page = table.lines(organization, filters, after=after, before=before, last="last" in query)
    results = invitation_results.of(organization, filters, page)
    return pages.render(
        "invitations/index.html",
        fragment=TABLE,
        results=results,
        **invitation_lines.choices(organization, filters),
        selectable=invitation_results.selectable(results, filters),
        is_unused=invitation_results.is_unused(filters, page),
        **invitation_lines.facts(page, filters, url_for(".index", slug=slug)),
        hold=deliveries.hold(),
    )


@blueprint.get("/new")
def new(slug: str) -> Response:
    """The form to invite people; filled in as in the invitation named by `again`."""
    organization, again = scope.organization(), pages.row_id(request.args.get("again"))
    if not again:
        given = {"groups": [request.args["group"]]} if "group" in request.args else {}
        return _form(InviteForm.of(organization, **given))
    return _form(InviteForm.again(organization, invitations.find(organization, again)))


@blueprint.post("")
def create(slug: str) -> AnyResponse:
    """Invite one person or several; the mail is sent after the answer."""
    organization = scope.organization()
    form = InviteForm.of(organization)
    done = form.attempt(several.invite, organization, form.guests, by=scope.me())
    if not done:
        return _form(form, 422)
    invitees.tell(done.result)
    return pages.go(url_for(".index", slug=slug))


@blueprint.post("/check")
@limits.checks
def check(slug: str) -> Response:
    """What would be wrong with each of the people in the form; nobody is invited."""
    organization = scope.organization()
    form = CheckForm.of(organization)
    done = form.attempt(several.look, organization, form.guests, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    return pages.render(
        "invitations/_people.html", lines=done.result, role=form.role.data, form=form
    )


@blueprint.get("/<id:invitation_id>")
def detail(slug: str, invitation_id: int) -> Response:
    """One invitation: what it waits for, what can be done, and all that happened."""
    invitation = invitations.find(scope.organization(), invitation_id)
    mails = deliveries.of_invitation(invitation)
    diagnosis = diagnoses.of(invitation, mails)
    return pages.render(
        "invitations/detail.html",
        invitation=invitation,
        access=access.in_words(invitation),
        diagnosis=diagnosis,
        story=invitation_story.of(invitation, mails, diagnosis),
        mails=mails,
        gone=invited.gone(invitation),
        join_link=join_links.of_invitation(invitation),
        suppressed=suppressions.words(invitation),
        hold=deliveries.hold(),
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
    words = _(
        "The invitation for %(email)s was changed. Its link stays the same.", email=invitation.email
    )
    flash(words, "success")
    return pages.back_or(
        url_for(".detail", slug=slug, invitation_id=invitation_id), row=invitation_id
    )


@blueprint.post("/<id:invitation_id>/deliveries/<id:delivery_id>/retry")
def retry(slug: str, invitation_id: int, delivery_id: int) -> AnyResponse:
    """Try a failed mail again."""
    form = forms.ButtonForm()
    organization = scope.organization()
    done = form.attempt(resends.retry_mail, organization, invitation_id, delivery_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash(_("The mail will be tried again now."), "success")
    return pages.go(url_for(".detail", slug=slug, invitation_id=invitation_id))


@blueprint.get("/<id:invitation_id>/revoke")
def ask_revoke(slug: str, invitation_id: int) -> Response:
    """The confirmation page before revoking, naming the person and what follows."""
    return pages.render(
        "invitations/revoke.html",
        fragment=dialog("invitations/_revoke.html"),
        invitation=invitations.find(scope.organization(), invitation_id),
        back=ways_back.to(url_for(".index", slug=slug)),
    )


@blueprint.post("/<id:invitation_id>/revoke")
def revoke(slug: str, invitation_id: int) -> AnyResponse:
    """End the invitation and its link at once."""
    form = forms.ButtonForm()
    done = form.attempt(invitations.revoke, scope.organization(), invitation_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    words = _(
        "The invitation for %(email)s is revoked. Its link no longer works.",
        email=done.result.email,
    )
    undo = url_for("reinvitations.invite", slug=slug, invitation_id=invitation_id)
    messages.tell(words, undo=undo)
    return pages.back_or(
        url_for(".detail", slug=slug, invitation_id=invitation_id), row=invitation_id
    )


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
        back=ways_back.to(url_for(".index", slug=scope.organization().slug)),
        status=status,
    )
