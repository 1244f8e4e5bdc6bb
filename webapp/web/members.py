"""The members of the organization: their roles, signing them out, deactivating them."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.events.sentences import as_a
from webapp.domain.invitations import inviter_handover
from webapp.domain.members import roles
from webapp.domain.organizations import member_table, memberships
from webapp.domain.organizations.member_table import MemberFilters
from webapp.models import Membership
from webapp.web import forms, pages, scope
from webapp.web.forms.members import DeactivateForm, RoleForm
from webapp.web.pages import Fragment, dialog

blueprint = Blueprint("members", __name__, url_prefix="/orgs/<slug:slug>/members")

TABLE = Fragment("members/_list.html", "#members", has_address=True)
NOW = timedelta(hours=1)


@blueprint.get("")
def index(slug: str) -> Response:
    """The members, and who is invited; last activity for admins and managers only."""
    organization, query = scope.organization(), request.args
    status = query.get("status") if scope.may("members:write") else None
    filters = MemberFilters.of(status=status, q=query.get("q"))
    page = member_table.page(organization, filters, after=pages.row_id(query.get("after")))
    shows_waiting = scope.may("invitations:read") and page.is_first and filters.status == "active"
    return pages.render(
        "members/index.html",
        fragment=TABLE,
        page=page,
        filters=filters,
        statuses=member_table.STATUSES,
        waiting=member_table.waiting(organization, filters.words) if shows_waiting else None,
        total=memberships.count(organization),
        soon=NOW,
    )


@blueprint.get("/<id:membership_id>/role")
def ask_role(slug: str, membership_id: int) -> Response:
    """The form to change what the member may do."""
    member = memberships.find(scope.organization(), membership_id)
    return _role_form(RoleForm.showing(member), member)


@blueprint.post("/<id:membership_id>/role")
def change_role(slug: str, membership_id: int) -> AnyResponse:
    """Change what the member may do; they sign in again."""
    organization = scope.organization()
    member = memberships.find(organization, membership_id)
    name, old_role = member.user.full_name, member.role
    form = RoleForm.showing(member)
    changes = {"role": form.role.data, "pending": form.pending.data, "seen": form.before}
    done = form.attempt(roles.change_role, organization, membership_id, by=scope.me(), **changes)
    if not done:
        return _role_form(form, member, 422)
    if form.role.data == old_role:
        flash(f"{name} is {as_a(old_role)} already. Nothing was changed.", "info")
    else:
        flash(f"{name} is {as_a(form.role.data)} now, and has to sign in again.", "success")
    return pages.back_or(url_for(".index", slug=slug))


@blueprint.get("/<id:membership_id>/sign-out")
def ask_sign_out(slug: str, membership_id: int) -> Response:
    """The confirmation page before signing the member out everywhere."""
    return pages.render(
        "members/sign_out.html",
        fragment=dialog("members/_sign_out.html"),
        member=memberships.find(scope.organization(), membership_id),
    )


@blueprint.post("/<id:membership_id>/sign-out")
def sign_out(slug: str, membership_id: int) -> AnyResponse:
    """End every session of the member."""
    form, organization = forms.ButtonForm(), scope.organization()
    member = memberships.find(organization, membership_id)
    done = form.attempt(roles.sign_out_everywhere, organization, membership_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash(f"{member.user.full_name} is signed out everywhere.", "success")
    return pages.back_or(url_for(".index", slug=slug))


@blueprint.get("/<id:membership_id>/deactivate")
def ask_deactivate(slug: str, membership_id: int) -> Response:
    """The confirmation page before deactivating, naming the person and what follows."""
    member = memberships.find(scope.organization(), membership_id)
    return _deactivate_form(DeactivateForm(), member)


@blueprint.post("/<id:membership_id>/deactivate")
def deactivate(slug: str, membership_id: int) -> AnyResponse:
    """Deactivate the member."""
    organization = scope.organization()
    member = memberships.find(organization, membership_id)
    form = DeactivateForm()
    done = form.attempt(
        roles.deactivate, organization, membership_id, by=scope.me(), pending=form.pending.data
    )
    if not done:
        return _deactivate_form(form, member, 422)
    flash(f"{member.user.full_name} is deactivated and signed out everywhere.", "success")
    return pages.back_or(url_for(".index", slug=slug))


@blueprint.post("/<id:membership_id>/reactivate")
def reactivate(slug: str, membership_id: int) -> AnyResponse:
    """Reactivate a deactivated member."""
    form, organization = forms.ButtonForm(), scope.organization()
    member = memberships.find(organization, membership_id)
    done = form.attempt(roles.reactivate, organization, membership_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash(f"{member.user.full_name} is active again, as {as_a(member.role)}.", "success")
    return pages.back_or(url_for(".index", slug=slug))


def _role_form(form: RoleForm, member: Membership, status: int = 200) -> Response:
    return pages.render(
        "members/role.html",
        fragment=dialog("members/_role.html"),
        form=form,
        member=member,
        pending=_pending(member),
        status=status,
    )


def _deactivate_form(form: DeactivateForm, member: Membership, status: int = 200) -> Response:
    return pages.render(
        "members/deactivate.html",
        fragment=dialog("members/_deactivate.html"),
        form=form,
        member=member,
        pending=_pending(member),
        status=status,
    )


def _pending(member: Membership) -> int:
    """How many pending invitations need a decision if the member stops being an admin."""
    return inviter_handover.count(member) if member.role == "admin" else 0
