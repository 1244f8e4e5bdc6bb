"""Who is asking, and in which organization, as `admission` found before the view ran."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

from flask import abort, g

from webapp.domain.organizations import memberships, permissions
from webapp.models import Membership, Organization, Session, User


def me() -> User:
    """The signed-in user."""
    return user() or _not_found()


def user() -> User | None:
    """The signed-in user, if there is one."""
    row: User | None = g.get("user")
    return row


def organization() -> Organization:
    """The organization of the address, where the view is inside one."""
    return current_organization() or _not_found()


def current_organization() -> Organization | None:
    """The organization of the address, if there is one and the user is in it."""
    row: Organization | None = g.get("organization")
    return row


def current_session() -> Session | None:
    """The session of the request's cookie."""
    row: Session | None = g.get("session")
    return row


def my_session() -> Session:
    """The session of the signed-in user."""
    return current_session() or _not_found()


def may(permission: str) -> bool:
    """Whether the signed-in member has the permission in the organization of the address."""
    membership: Membership | None = g.get("membership")
    return membership is not None and permissions.allows(membership.role, permission)


def role() -> str:
    """The role of the signed-in member in the organization of the address."""
    membership: Membership | None = g.get("membership")
    return membership.role if membership is not None else _not_found()


def my_end() -> datetime | None:
    """When the access of the signed-in member ends there; None: no end."""
    membership: Membership | None = g.get("membership")
    return membership.ends_at if membership is not None else None


def frame() -> Membership | None:
    """The membership whose organization heads the page: that of the address, else the last used.

    Never a suspended one, whose pages are all closed.
    """
    if "frame" not in g:
        membership: Membership | None = g.get("membership")
        is_open = membership is not None and membership.organization.is_active
        g.frame = membership if is_open else _last_used()
    row: Membership | None = g.frame
    return row


def _last_used() -> Membership | None:
    person, session = user(), current_session()
    if person is None or session is None:
        return None
    return memberships.current(person, session.organization_id)


def _not_found() -> NoReturn:
    abort(404)
