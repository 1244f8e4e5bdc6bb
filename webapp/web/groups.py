"""The groups of the organization: their list, and the pages of one."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import groups
from webapp.domain.applications import table as application_table
from webapp.domain.groups import table
from webapp.domain.invitations import table as invitation_table
from webapp.domain.invitations.table import InvitationFilters
from webapp.languages import gettext as _
from webapp.models import Group
from webapp.web import forms, pages, scope
from webapp.web.forms import Form
from webapp.web.forms.groups import AddForm, GroupForm, NewGroupForm
from webapp.web.pages import dialog

blueprint = Blueprint("groups", __name__, url_prefix="/orgs/<slug:slug>/groups")

INVITED = 10  # open invitations that a group's page shows


@blueprint.get("")
def index(slug: str) -> Response:
    """All groups with their figures, and the form to create one."""
    return _index(NewGroupForm())


@blueprint.post("")
def create(slug: str) -> AnyResponse:
    """Create a group."""
    form = NewGroupForm()
    done = form.attempt(groups.create, scope.organization(), by=scope.me(), **form.typed)
    if not done:
        return _index(form, 422)
    flash(_("The group “%(name)s” was created.", name=done.result.name), "success")
    return pages.go(url_for(".show", slug=slug, group=done.result.slug))


@blueprint.get("/<slug:group>")
def show(slug: str, group: str) -> Response:
    """Who is in it, and who will be."""
    return page(groups.find(scope.organization(), group), AddForm())


@blueprint.get("/<slug:group>/edit")
def ask_change(slug: str, group: str) -> Response:
    """The form to rename or describe it."""
    found = groups.find(scope.organization(), group)
    return _ask("edit", GroupForm.showing(found), found)


@blueprint.post("/<slug:group>/edit")
def change(slug: str, group: str) -> AnyResponse:
    """Rename or describe it; its short name stays."""
    organization, form = scope.organization(), GroupForm()
    found = groups.find(organization, group)
    changes = {**form.typed, "seen": form.before}
    done = form.attempt(groups.change, organization, group, by=scope.me(), **changes)
    if not done:
        return _ask("edit", form, found, 422)
    flash(_("The group “%(name)s” was saved.", name=done.result.name), "success")
    return pages.go(url_for(".show", slug=slug, group=group))


@blueprint.get("/<slug:group>/delete")
def ask_delete(slug: str, group: str) -> Response:
    """The confirmation page, with how many members and invitations it touches."""
    return _ask("delete", forms.ButtonForm(), groups.find(scope.organization(), group))


@blueprint.post("/<slug:group>/delete")
def delete(slug: str, group: str) -> AnyResponse:
    """Delete it, and take everybody out of it."""
    organization, form = scope.organization(), forms.ButtonForm()
    found = groups.find(organization, group)
    name = found.name
    done = form.attempt(groups.delete, organization, group, by=scope.me())
    if not done:
        return _ask("delete", form, found, 422)
    flash(_("The group “%(name)s” was deleted.", name=name), "success")
    return pages.go(url_for(".index", slug=slug))


def page(group: Group, form: AddForm, status: int = 200) -> Response:
    """The page of a group; with the form to add a member as it was sent."""
    organization, query = scope.organization(), request.args
    filters = InvitationFilters.of(status="pending", group_id=group.id)
    shows_invited = scope.may("invitations:read")
    may_write = scope.may("groups:write")
    waiting = invitation_table.page(organization, filters, size=INVITED) if shows_invited else None
    return pages.render(
        "groups/show.html",
        group=group,
        form=form,
        page=table.members(group, after=query.get("after"), before=query.get("before")),
        others=table.others(organization, group) if may_write else [],
        touched=table.touched(group),
        applications=application_table.of_group(group),
        waiting=waiting,
        status=status,
    )


def _index(form: NewGroupForm, status: int = 200) -> Response:
    return pages.render(
        "groups/index.html",
        form=form,
        lines=table.lines(scope.organization()),
        most=groups.MOST,
        status=status,
    )


def _ask(question: str, form: Form, group: Group, status: int = 200) -> Response:
    return pages.render(
        f"groups/{question}.html",
        fragment=dialog(f"groups/_{question}.html"),
        form=form,
        group=group,
        touched=table.touched(group),
        applications=application_table.of_group(group),
        status=status,
    )
