"""The members of the organization: their roles, signing them out, deactivating them."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.errors import Refusal
from webapp.domain.groups import table as group_table
from webapp.domain.invitations import inviter_handover
from webapp.domain.links import handover
from webapp.domain.members import admin_alarms, roles, sponsors
from webapp.domain.organizations import member_table, memberships
from webapp.domain.requests import second_admins
from webapp.languages import gettext as _
from webapp.models import Membership, Request
from webapp.web import forms, member_view, member_words, messages, pages, scope
from webapp.web.forms import Form
from webapp.web.forms.members import DeactivateForm, RoleForm
from webapp.web.language import as_a
from webapp.web.member_view import MemberView
from webapp.web.pages import Fragment, dialog

blueprint = Blueprint("members", __name__, url_prefix="/orgs/<slug:slug>/members")

TABLE = Fragment("members/_list.html", "#members", has_address=True)
RECENT = timedelta(hours=1)  # for which last activity is marked


@blueprint.get("")
def index(slug: str) -> Response:
    """The members, and who is invited; last activity for admins and managers only."""
    organization, query = scope.organization(), request.args
    view = MemberView.of(organization)
    filters = view.filters(query.get("status"), query.get("q"), query.get("group"))
    page = member_table.page(
        organization, filters, after=query.get("after"), before=query.get("before")
    )
    return pages.render(
        "members/index.html",
        fragment=TABLE,
        page=page,
        filters=filters,
        groups=group_table.everyone(organization),
        view=view,
        tab=member_words.tab,
        caption=member_words.caption(filters.status),
        words=member_words,
        alarm=admin_alarms.of(organization) if scope.may("members:write") else None,
        waiting=view.waiting(filters) if page.is_first else None,
        **member_view.counts(organization, filters, page),
        recent=RECENT,
        just_now=memberships.SEEN_EVERY,
        **view.asks(),
    )


@blueprint.get("/<id:membership_id>/role")
def ask_role(slug: str, membership_id: int) -> Response:
    """The form to change what the member may do."""
    member = memberships.find(scope.organization(), membership_id)
    objection = roles.objection_to_role_change(member)
    if objection is not None:
        return _cannot(_("This role cannot be changed now"), objection)
    return _ask("role", RoleForm.showing(member), member)


@blueprint.post("/<id:membership_id>/role")
def change_role(slug: str, membership_id: int) -> AnyResponse:
    """Change what the member may do; they sign in again."""
    organization = scope.organization()
    member = memberships.find(organization, membership_id)
    name, old_role = member.user.full_name, member.role
    form = RoleForm.showing(member)
    changes = {"role": form.role.data, "pending": form.pending.data, "seen": form.before}
    done = form.attempt(
        second_admins.change_role, organization, membership_id, by=scope.me(), **changes
    )
    if not done:
        return _ask("role", form, member, 422)
    if isinstance(done.result, Request):
        flash(_asked(name), "success")
        return pages.back_or(url_for(".index", slug=slug))
    who = {"name": name, "role": as_a(form.role.data)}
    if form.role.data == old_role:
        flash(_("%(name)s is already %(role)s. Nothing was changed.", **who), "info")
    else:
        words = _("%(name)s is now %(role)s and has to sign in again.", **who)
        messages.tell(words, **_former_role(done.result, old_role))
    return pages.back_or(url_for(".index", slug=slug))


def _asked(name: str) -> str:
    return _(
        "Another admin has to agree before %(name)s becomes an admin. They have been asked.",
        name=name,
    )


@blueprint.get("/<id:membership_id>/sign-out")
def ask_sign_out(slug: str, membership_id: int) -> Response:
    """The confirmation page before signing the member out everywhere."""
    member = memberships.find(scope.organization(), membership_id)
    objection = roles.objection_to_sign_out(member)
    if objection is not None:
        return _cannot(_("There is nobody to sign out"), objection)
    return pages.render(
        "members/sign_out.html", fragment=dialog("members/_sign_out.html"), member=member
    )


@blueprint.post("/<id:membership_id>/sign-out")
def sign_out(slug: str, membership_id: int) -> AnyResponse:
    """End every session of the member."""
    form, organization = forms.ButtonForm(), scope.organization()
    member = memberships.find(organization, membership_id)
    done = form.attempt(roles.sign_out_everywhere, organization, membership_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash(_("%(name)s is signed out everywhere.", name=member.user.full_name), "success")
    return pages.back_or(url_for(".index", slug=slug))


@blueprint.get("/<id:membership_id>/deactivate")
def ask_deactivate(slug: str, membership_id: int) -> Response:
    """The confirmation page before deactivating, naming the person and what follows."""
    member = memberships.find(scope.organization(), membership_id)
    objection = roles.objection_to_deactivation(member, by=scope.me())
    if objection is not None:
        return _cannot(_("This member cannot be deactivated"), objection)
    return _ask("deactivate", DeactivateForm(), member)


@blueprint.post("/<id:membership_id>/deactivate")
def deactivate(slug: str, membership_id: int) -> AnyResponse:
    """Deactivate the member."""
    organization, form = scope.organization(), DeactivateForm()
    member = memberships.find(organization, membership_id)
    done = form.attempt(
        roles.deactivate, organization, membership_id, by=scope.me(), pending=form.pending.data
    )
    if not done:
        return _ask("deactivate", form, member, 422)
    messages.tell(
        _("%(name)s is deactivated and signed out everywhere.", name=member.user.full_name),
        undo=url_for(".reactivate", slug=slug, membership_id=membership_id),
    )
    return pages.back_or(url_for(".index", slug=slug))


@blueprint.post("/<id:membership_id>/reactivate")
def reactivate(slug: str, membership_id: int) -> AnyResponse:
    """Reactivate a deactivated member."""
    form, organization = forms.ButtonForm(), scope.organization()
    member = memberships.find(organization, membership_id)
    done = form.attempt(roles.reactivate, organization, membership_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    name, role = member.user.full_name, as_a(member.role)
    flash(_("%(name)s is active again as %(role)s.", name=name, role=role), "success")
    return pages.back_or(url_for(".index", slug=slug))


def _cannot(heading: str, objection: Refusal) -> Response:
    """What would be refused is said at once, in place of the form."""
    return pages.render(
        "members/cannot.html",
        fragment=dialog("members/_cannot.html"),
        heading=heading,
        objection=objection,
    )


def _former_role(member: Membership, role: str) -> dict[str, str]:
    """How to undo the change of somebody else's role, unless it changes once more meanwhile."""
    if member.user_id == scope.me().id:
        return {}
    slug, seen = scope.organization().slug, RoleForm.shown(member)["seen"]
    undo = url_for(".change_role", slug=slug, membership_id=member.id)
    return {"undo": undo, "role": role, "pending": inviter_handover.REVOKE, "seen": seen}


def _ask(question: str, form: Form, member: Membership, status: int = 200) -> Response:
    return pages.render(
        f"members/{question}.html",
        fragment=dialog(f"members/_{question}.html"),
        form=form,
        member=member,
        pending=_pending(member),
        sponsored=sponsors.count(member),
        links=handover.count(member),
        status=status,
    )


def _pending(member: Membership) -> int:
    """How many pending invitations need a decision if the member stops being an admin."""
    return inviter_handover.count(member) if member.role == "admin" else 0
