"""Deciding: approving makes the invitation, or the new end, in the same transaction (rule R2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from webapp.db import transaction
from webapp.domain import invitations, organizations, requests
from webapp.domain.errors import Forbidden, Refusal
from webapp.domain.events import callers
from webapp.domain.invitations.access import USUAL, Access
from webapp.domain.members import end_rules, ends, roles
from webapp.domain.organizations import memberships, permissions, second_admin
from webapp.domain.requests import offers
from webapp.languages import gettext
from webapp.models import Invitation, Organization, Request, RequestKind, RequestState, Role, User


@transaction()
def approve(
    organization: Organization,
    request_id: int,
    *,
    by: User,
    role: str | None = None,
    groups: Sequence[str] | None = None,
    access: Access = USUAL,
    ends_at: datetime | None = None,
) -> Request:
    """Invite whom it is about, or give who asks to stay a later end, by default the usual one.

    What the rules of inviting or of ends refuse leaves the request open.
    """
    request = _hold(organization, request_id, by)
    requests.refuse_ended(request)
    _refuse_own(request, by)
    invitation: Invitation | None = None
    if request.kind == RequestKind.STAY:
        _let_stay(organization, request, by, ends_at)
    elif request.membership_id is not None:
        _promote(organization, request, by)
    else:
        invitation = _invite(organization, request, by, role, groups, access)
    requests.end(request, RequestState.APPROVED, by=by, invitation=invitation)
    return request


@transaction()
def decline(organization: Organization, request_id: int, *, by: User) -> Request:
    """Say no; the person who asked is not told. Declining twice is no error."""
    request = _hold(organization, request_id, by)
    if request.state != RequestState.DECLINED:
        requests.refuse_ended(request)
        _refuse_own(request, by)
        requests.end(request, RequestState.DECLINED, by=by, how=requests.DECLINED)
    return request


@transaction()
def withdraw(organization: Organization, request_id: int, *, by: User) -> Request:
    """Withdraw a request that the actor made; twice is no error."""
    organizations.lock(organization)
    callers.confirm()
    request = requests.locked(organization, request_id)
    if request.maker_id != by.id:
        raise Forbidden(gettext("Only the person who made this request can withdraw it."))
    if request.state != RequestState.WITHDRAWN:
        requests.refuse_ended(request)
        requests.end(request, RequestState.WITHDRAWN, by=by, how=requests.WITHDRAWN)
    return request


def may_decide(request: Request, user: User, role: str | None) -> bool:
    """Whether the user, with this role, may decide it: an admin, or the sponsor of who stays."""
    if role is None or request.maker_id == user.id:
        return False
    member = request.membership
    if request.kind == RequestKind.STAY and member is not None and member.has_access:
        return member.sponsor_id == user.id or permissions.allows(role, "members:write")
    return permissions.allows(role, "invitations:write")


def _hold(organization: Organization, request_id: int, by: User) -> Request:
    """The request, locked, for somebody who may decide it."""
    kind = requests.find(organization, request_id)
    # As in ends and roles, whose verbs follow in the same transaction.
    organizations.lock(organization, alone=kind.membership_id is not None)
    callers.confirm()
    request = requests.locked(organization, request_id)
    if request.kind == RequestKind.STAY and request.membership is not None:
        member = memberships.find(organization, request.membership.id)
        end_rules.require_admin_or_sponsor(organization, member, by)
    else:
        permissions.require(organization, by, "invitations:write")
    return request


def _refuse_own(request: Request, by: User) -> None:
    if request.maker_id == by.id:
        words = gettext("You made this request yourself. Another admin has to decide.")
        raise Refusal(words)


def _let_stay(
    organization: Organization, request: Request, by: User, ends_at: datetime | None
) -> None:
    if request.membership_id is None:
        raise Refusal(gettext("They are no longer a member. Decline the request."))
    if ends_at is None:
        ends.extend(organization, request.membership_id, by=by)
    else:
        ends.set_end(organization, request.membership_id, by=by, ends_at=ends_at)


def _promote(organization: Organization, request: Request, by: User) -> None:
    """Make the member an admin, whom another admin has proposed as one."""
    _refuse_alone(organization, request, Role.ADMIN.value)
    member_id = request.membership_id or 0
    roles.change_role(organization, member_id, by=by, role=Role.ADMIN.value, approved=True)


def _invite(
    organization: Organization,
    request: Request,
    by: User,
    role: str | None,
    groups: Sequence[str] | None,
    access: Access,
) -> Invitation:
    role = role or offers.role(request)
    _refuse_alone(organization, request, role)
    return invitations.create(
        organization,
        by=by,
        email=request.email,
        role=role,
        groups=groups,
        access=access,
        name=request.name,
        by_link=request.join_link,
        approved=True,
        **offers.words(request),
    )


def _refuse_alone(organization: Organization, request: Request, role: str) -> None:
    """Refuse an admin whom no other admin has proposed, where a second one has to agree."""
    if role != Role.ADMIN or not second_admin.applies(organization):
        return
    proposer = permissions.role_of(organization.id, request.maker_id or 0)
    if request.role != Role.ADMIN or proposer != Role.ADMIN:
        words = gettext(
            "A second admin must agree before anybody becomes an admin here. Choose another role, "
            "or decline this and invite them as an admin yourself: another admin will be asked."
        )
        raise Refusal(words, "role")


def terms_of(request: Request) -> dict[str, Any]:
    """The groups and the access that were requested, or that its join link gives."""
    return {"groups": offers.groups(request), "access": offers.wished(request)}
