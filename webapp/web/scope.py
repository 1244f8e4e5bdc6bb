"""Who is asking, and in which organization, as `admission` found out before the view began."""

from __future__ import annotations

from typing import NoReturn

from flask import abort, g

from webapp.domain.organizations import permissions
from webapp.models import Membership, Organization, Session, User


def me() -> User:
    """The signed-in user."""
    found = user()
    return found if found is not None else _nobody()


def user() -> User | None:
    """The signed-in user, if there is one."""
    found: User | None = g.get("user")
    return found


def organization() -> Organization:
    """The organization of the address, where the view is inside one."""
    found = here()
    return found if found is not None else _nobody()


def here() -> Organization | None:
    """The organization of the address, if there is one and the user is in it."""
    found: Organization | None = g.get("organization")
    return found


def present_session() -> Session | None:
    """The session of the request's cookie."""
    found: Session | None = g.get("session")
    return found


def my_session() -> Session:
    """The session of the signed-in user."""
    found = present_session()
    return found if found is not None else _nobody()


def may(permission: str) -> bool:
    """Whether the signed-in member has the permission in the organization of the address."""
    found: Membership | None = g.get("membership")
    return found is not None and permissions.allows(found.role, permission)


def _nobody() -> NoReturn:
    abort(404)
