"""The applications of the organization: their list, and the pages of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import config
from webapp.domain import applications, texts
from webapp.domain.applications import refusals, table, trials
from webapp.domain.errors import Refusal
from webapp.domain.organizations import member_table
from webapp.domain.organizations.member_table import MemberFilters
from webapp.languages import gettext as _
from webapp.models import Application, Organization
from webapp.web import forms, pages, proxy_blocks, scope, shown_once
from webapp.web.forms.applications import ALL, ApplicationForm, NewApplicationForm, TrialForm

blueprint = Blueprint("applications", __name__, url_prefix="/orgs/<slug:slug>/applications")

OFFERED = 200  # members to try it as


@blueprint.get("")
def index(slug: str) -> Response:
    """For admins all applications, for others those that they may enter."""
    organization = scope.organization()
    if not scope.may("applications:write"):
        return launcher(organization, table.doors(organization, scope.me()))
    return pages.render("applications/index.html", applications=table.everyone(organization))


@blueprint.get("/new")
def new(slug: str) -> Response:
    """The form to create one: three fields."""
    return _new(NewApplicationForm(data={"who": ALL}))


@blueprint.post("")
def create(slug: str) -> AnyResponse:
    """Create one; its page shows what to copy."""
    form = NewApplicationForm()
    done = form.attempt(applications.create, scope.organization(), by=scope.me(), **form.typed)
    if not done:
        return _new(form, 422)
    flash(_("The application “%(name)s” was created.", name=done.result.name), "success")
    return pages.go(url_for(".show", slug=slug, application=done.result.slug))


@blueprint.get("/<slug:application>")
def show(slug: str, application: str) -> Response:
    """Who may enter, and what to copy into its proxy or its settings."""
    found = table.find(scope.organization(), application)
    return pages.render(
        "applications/show.html",
        application=found,
        entrants=table.entrants(found),
        blocks=proxy_blocks.of(found),
        gate=config.current().public_url,
        secret=shown_once.take(shown_once.CLIENT_SECRET, found.id),
    )


@blueprint.get("/<slug:application>/edit")
def ask_change(slug: str, application: str) -> Response:
    """The form to change it."""
    found = table.find(scope.organization(), application)
    return _ask("edit", ApplicationForm.showing(found).of(found.organization), found)


@blueprint.post("/<slug:application>/edit")
def change(slug: str, application: str) -> AnyResponse:
    """Change it; its short name stays."""
    organization, form = scope.organization(), ApplicationForm()
    found = table.find(organization, application)
    changes = {**form.typed, "seen": form.before}
    done = form.attempt(applications.change, organization, application, by=scope.me(), **changes)
    if not done:
        return _ask("edit", form.of(organization), found, 422)
    flash(_("The application “%(name)s” was saved.", name=done.result.name), "success")
    return pages.go(url_for(".show", slug=slug, application=application))


@blueprint.post("/<slug:application>/pause")
def pause(slug: str, application: str) -> AnyResponse:
    """Let nobody enter for now."""
    return _press(slug, application, applications.pause, _("Nobody can enter until it is resumed."))


@blueprint.post("/<slug:application>/resume")
def resume(slug: str, application: str) -> AnyResponse:
    """Let those enter again who may."""
    return _press(slug, application, applications.resume, _("Those who may enter can do so again."))


@blueprint.get("/<slug:application>/delete")
def ask_delete(slug: str, application: str) -> Response:
    """The confirmation page."""
    found = table.find(scope.organization(), application)
    return _ask("delete", forms.ButtonForm(), found)


@blueprint.post("/<slug:application>/delete")
def delete(slug: str, application: str) -> AnyResponse:
    """Delete it for good."""
    organization, form = scope.organization(), forms.ButtonForm()
    found = table.find(organization, application)
    name = found.name
    done = form.attempt(applications.delete, organization, application, by=scope.me())
    if not done:
        return _ask("delete", form, found, 422)
    flash(_("The application “%(name)s” was deleted.", name=name), "success")
    return pages.go(url_for(".index", slug=slug))


@blueprint.get("/<slug:application>/try")
def try_it(slug: str, application: str) -> Response:
    """What would happen if the admin, or a member of their choice, opened it now, and why."""
    organization = scope.organization()
    found = table.find(organization, application)
    email = texts.showable(request.args.get("email") or scope.me().email)
    form, trial = TrialForm(data={"email": email}), None
    try:
        trial = trials.of(found, form.email.data or "")
    except Refusal as refusal:
        form.refuse(refusal)
    people = member_table.page(organization, MemberFilters(), size=OFFERED).rows
    status = 200 if trial else 422
    return pages.render(
        "applications/try.html",
        application=found,
        form=form,
        trial=trial,
        people=people,
        said=refusals.said,
        remedy=refusals.remedy,
        status=status,
    )


def launcher(
    organization: Organization, doors: list[table.Door], *, manages: bool = False
) -> Response:
    """What somebody may enter, and what they could after a step of their own."""
    return pages.render(
        "applications/launcher.html",
        manage=url_for("applications.index", slug=organization.slug) if manages else "",
        open_doors=[door for door in doors if door.barrier is None],
        nearly=[door for door in doors if door.barrier in refusals.OWN],
        said=refusals.said,
    )


def _press(slug: str, application: str, verb: Callable[..., Any], message: str) -> AnyResponse:
    form = forms.ButtonForm()
    done = form.attempt(verb, scope.organization(), application, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash(message, "success")
    return pages.go(url_for(".show", slug=slug, application=application))


def _new(form: NewApplicationForm, status: int = 200) -> Response:
    form.of(scope.organization())
    return pages.render("applications/new.html", form=form, status=status)


def _ask(question: str, form: Any, application: Application, status: int = 200) -> Response:
    return pages.render(
        f"applications/{question}.html", form=form, application=application, status=status
    )
