"""An organization's settings."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import config
from webapp.domain.organizations import access_settings, days, request_settings
from webapp.domain.organizations import settings as organization_settings
from webapp.languages import gettext, marked
from webapp.web import pages, scope
from webapp.web.forms.access_settings import AccessForm
from webapp.web.forms.requests import RequestsForm
from webapp.web.forms.settings import EmailForm, InvitationsForm, TeamForm

blueprint = Blueprint("settings", __name__, url_prefix="/orgs/<slug:slug>/settings")

SAVED = marked("Your settings were saved.")


@blueprint.get("/team")
def team(slug: str) -> Response:
    """The organization's name and color, and whether members need a second factor."""
    return _team(TeamForm.showing(scope.organization()))


@blueprint.post("/team")
def change_team(slug: str) -> AnyResponse:
    """Save them."""
    form = TeamForm()
    done = form.attempt(
        organization_settings.change_team,
        scope.organization(),
        by=scope.me(),
        seen=form.before,
        name=form.name.data,
        color=form.color.data,
        requires_second_factor=form.requires_second_factor.data,
    )
    if not done:
        return _team(form, 422)
    flash(gettext(SAVED), "success")
    return pages.go(url_for(".team", slug=slug))


@blueprint.get("/invitations")
def invitations(slug: str) -> Response:
    """How long links work, who may be invited, and when addresses are erased."""
    return _invitations(InvitationsForm.showing(scope.organization()))


@blueprint.post("/invitations")
def change_invitations(slug: str) -> AnyResponse:
    """Save them."""
    form = InvitationsForm()
    done = form.attempt(
        organization_settings.change_invitations,
        scope.organization(),
        by=scope.me(),
        seen=form.before,
        expiry_days=form.days,
        allowed_domains=form.allowed_domains.data,
        retention_days=form.retention_days.data or None,
    )
    if not done:
        return _invitations(form, 422)
    flash(gettext(SAVED), "success")
    return pages.go(url_for(".invitations", slug=slug))


@blueprint.get("/access")
def access(slug: str) -> Response:
    """In which time zone days end, and how long access lasts by role."""
    return _access(AccessForm.showing(scope.organization()))


@blueprint.post("/access")
def change_access(slug: str) -> AnyResponse:
    """Save them."""
    form = AccessForm()
    done = form.attempt(
        access_settings.change,
        scope.organization(),
        by=scope.me(),
        seen=form.before,
        time_zone=form.time_zone.data,
        terms=form.terms,
    )
    if not done:
        return _access(form, 422)
    flash(gettext(SAVED), "success")
    return pages.go(url_for(".access", slug=slug))


@blueprint.get("/requests")
def requests(slug: str) -> Response:
    """Who may make requests, and when a second admin has to agree."""
    return _requests(RequestsForm.showing(scope.organization()))


@blueprint.post("/requests")
def change_requests(slug: str) -> AnyResponse:
    """Save them."""
    form = RequestsForm()
    done = form.attempt(
        request_settings.change,
        scope.organization(),
        by=scope.me(),
        seen=form.before,
        proposers=form.proposers.data or "",
        proposals_per_month=form.per_month,
        takes_asks=form.takes_asks.data,
        needs_second_admin=form.needs_second_admin.data,
    )
    if not done:
        return _requests(form, 422)
    flash(gettext(SAVED), "success")
    return pages.go(url_for(".requests", slug=slug))


@blueprint.get("/email")
def email(slug: str) -> Response:
    """Whether people are reminded, and who gets their replies."""
    return _email(EmailForm.showing(scope.organization()))


@blueprint.post("/email")
def change_email(slug: str) -> AnyResponse:
    """Save them."""
    form = EmailForm()
    done = form.attempt(
        organization_settings.change_email,
        scope.organization(),
        by=scope.me(),
        seen=form.before,
        reminders=form.reminders.data,
        reminder_hours=form.reminder_hours.data,
        reply_to_inviter=form.reply_to_inviter.data,
        language=form.language.data or None,
    )
    if not done:
        return _email(form, 422)
    flash(gettext(SAVED), "success")
    return pages.go(url_for(".email", slug=slug))


def _team(form: TeamForm, status: int = 200) -> Response:
    return pages.render("settings/team.html", form=form, status=status)


def _access(form: AccessForm, status: int = 200) -> Response:
    return pages.render("settings/access.html", form=form, zones=days.zones(), status=status)


def _requests(form: RequestsForm, status: int = 200) -> Response:
    address = f"{config.current().public_url}/ask/{scope.organization().slug}"
    return pages.render("settings/requests.html", form=form, ask_address=address, status=status)


def _email(form: EmailForm, status: int = 200) -> Response:
    return pages.render("settings/email.html", form=form, status=status)


def _invitations(form: InvitationsForm, status: int = 200) -> Response:
    settings = config.current()
    return pages.render(
        "settings/invitations.html",
        form=form,
        usual_days=settings.invitation_expiry_days,
        outer_domains=settings.allowed_invite_domains,
        status=status,
    )
