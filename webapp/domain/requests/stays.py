"""A member whose access ends asks to stay; their sponsor or an admin decides (rule E2)."""

from __future__ import annotations

from webapp.db import transaction
from webapp.domain import organizations, requests
from webapp.domain.errors import Refusal
from webapp.domain.events import callers
from webapp.domain.organizations import memberships
from webapp.domain.requests import lapses
from webapp.inserts import insert
from webapp.languages import gettext
from webapp.models import Membership, Organization, Request, RequestKind, User


def already() -> Refusal:
    """The refusal of a second one."""
    return Refusal(gettext("You have already asked. Your sponsor or an admin has yet to decide."))


@transaction(requests.once(already))
def ask(organization: Organization, *, by: User, reason: str | None = None) -> Request:
    """Ask for a later end of the member's own access."""
    organizations.lock(organization)
    callers.confirm()
    words = requests.words(reason)
    member = memberships.locked(organization, memberships.of_user(organization, by).id)
    refuse_endless(member)
    lapses.end_of_address(organization, member.user.email_key, RequestKind.STAY)
    row = requests.columns(
        organization,
        RequestKind.STAY,
        member.user,
        maker_id=by.id,
        membership_id=member.id,
        name=member.user.full_name,
        role=member.role,
        reason=words,
    )
    request = insert(Request, row)
    requests.take_in(request)
    return request


def refuse_endless(member: Membership) -> None:
    """Refuse members whose access has no end, and those who have none."""
    if not member.has_access:
        raise Refusal(gettext("You have no access here any more. Ask an admin."))
    if member.ends_at is None:
        raise Refusal(gettext("Your access has no end, so there is nothing to ask for."))
