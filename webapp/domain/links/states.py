"""Whether a join link works now, and if not, why."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial

from webapp import clock, config
from webapp.domain.organizations import permissions
from webapp.models import JoinLink

RoleOf = Callable[[int, int], str | None]  # of a user in an organization, by their ids
role_of: RoleOf = partial(permissions.role_of, hold=False)


class LinkState(StrEnum):
    """What a link is now; people are invited by an ACTIVE one only."""

    ACTIVE = "active"
    PAUSED = "paused"
    USED_UP = "used_up"
    EXPIRED = "expired"
    REVOKED = "revoked"
    # Its author may not invite any more, or the organization is suspended.
    CLOSED = "closed"


def of(link: JoinLink, taken: int, role_of: RoleOf = role_of) -> LinkState:
    """The link's state, with so many of its places taken."""
    if link.revoked_at is not None:
        return LinkState.REVOKED
    if is_closed(link, role_of):
        return LinkState.CLOSED
    if link.expires_at <= clock.now():
        return LinkState.EXPIRED
    if link.paused_at is not None:
        return LinkState.PAUSED
    return LinkState.ACTIVE if taken < link.most_uses else LinkState.USED_UP


def is_closed(link: JoinLink, role_of: RoleOf = role_of) -> bool:
    """Whether its author may not invite here now (rules 11 and 15)."""
    organization, author = link.organization, link.author
    if not organization.is_active:
        return True
    role = role_of(organization.id, author.id)
    if role is None or not permissions.allows(role, "invitations:write"):
        return True
    domain = author.email_key.rpartition("@")[2]
    return any(names and domain not in names for names in allowed(link)[1:])


def allowed(link: JoinLink) -> tuple[tuple[str, ...], ...]:
    """The domains that may ask: of the link, the installation, the organization; none means any."""
    return link.domains, config.current().allowed_invite_domains, link.organization.domains
