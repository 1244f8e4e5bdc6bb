"""Who is in a group: putting members in, and taking them out."""

from __future__ import annotations

from flask import Blueprint, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import formats
from webapp.domain import groups
from webapp.domain.groups import members
from webapp.domain.organizations import memberships
from webapp.languages import gettext as _
from webapp.web import forms, messages, pages, scope
from webapp.web import groups as group_pages
from webapp.web.forms.groups import AddForm, GiveForm

blueprint = Blueprint("group_members", __name__, url_prefix="/orgs/<slug:slug>")


@blueprint.post("/groups/<slug:group>/members")
def add(slug: str, group: str) -> AnyResponse:
    """Put the member with an address into the group."""
    organization, form = scope.organization(), AddForm()
    found = groups.find(organization, group)
    email = form.email.data or ""
    done = form.attempt(members.add_by_address, organization, group, by=scope.me(), email=email)
    if not done:
        return group_pages.page(found, form, 422)
    who = {"name": done.result.user.full_name, "group": found.name}
    undo = url_for(".remove", slug=slug, group=group, membership_id=done.result.id)
    messages.tell(_("%(name)s is in “%(group)s”.", **who), undo=undo)
    return pages.go(url_for("groups.show", slug=slug, group=group))


@blueprint.post("/groups/<slug:group>/members/<id:membership_id>/remove")
def remove(slug: str, group: str, membership_id: int) -> AnyResponse:
    """Take a member out of the group."""
    organization, form = scope.organization(), forms.ButtonForm()
    found = groups.find(organization, group)
    done = form.attempt(members.remove, organization, group, membership_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    member = done.result
    words = _("%(name)s is no longer in “%(group)s”.", name=member.user.full_name, group=found.name)
    undo = url_for(".give", slug=slug, membership_id=membership_id)
    messages.tell(words, undo=undo, groups=group)
    return pages.back_or(url_for("groups.show", slug=slug, group=group))


@blueprint.post("/members/<id:membership_id>/groups")
def give(slug: str, membership_id: int) -> AnyResponse:
    """Put a member into several groups: what is offered where somebody is invited again."""
    organization, form = scope.organization(), GiveForm()
    name = memberships.find(organization, membership_id).user.full_name
    chosen = form.groups.data or []
    done = form.attempt(members.add_to, organization, membership_id, chosen, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    names = formats.listed([f"“{group.name}”" for group in done.result])
    if names:
        flash(_("%(name)s is now in %(groups)s.", name=name, groups=names), "success")
    else:
        flash(_("%(name)s is in these groups already.", name=name), "info")
    return pages.back_or(url_for("members.index", slug=slug))
