"""Who may do what: one table by role."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from webapp import loaded_rows
from webapp.db import db, rows
from webapp.domain.errors import Forbidden, Refusal
from webapp.domain.events import Actor, Operator, callers
from webapp.languages import gettext
from webapp.models import Membership, Organization, Role, User

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.ADMIN: frozenset(
        {
            "invitations:read",
            "invitations:write",
            "members:read",
            "members:activity",
            "members:write",
            "groups:read",
            "groups:write",
            "applications:read",
            "applications:write",
            "settings:write",
            "audit:read",
        }
    ),
    Role.MANAGER: frozenset(
        {"invitations:read", "members:read", "members:activity", "groups:read", "applications:read"}
    ),
    Role.CONTRIBUTOR: frozenset({"members:read", "groups:read", "applications:read"}),
}
ALL = frozenset().union(*PERMISSIONS.values())
_ROLE = select(Membership.role).where(
    Membership.organization_id == bindparam("organization"),
    Membership.user_id == bindparam("user"),
    Membership.has_access,
)
_ROLE_HELD = _ROLE.with_for_update(read=True)
# With the user, whom a new transaction has to read again.
_ACTOR_HELD = (
    _ROLE.add_columns(User)
    .join(User, User.id == Membership.user_id)
    .with_for_update(read=True, of=Membership)
    .execution_options(populate_existing=True)
)


def allows(role: str, permission: str) -> bool:
    """Whether the role has the permission; raises KeyError when there is no such permission."""
    if permission not in ALL:
        raise KeyError(permission)
    return permission in PERMISSIONS.get(role, frozenset())


def is_less(role: str, other: str) -> bool:
    """Whether the role allows less than the other one."""
    return PERMISSIONS.get(role, frozenset()) < PERMISSIONS.get(other, frozenset())


def named(role: str) -> str:
    """The role with that name; raises Refusal when there is none."""
    if role not in set(Role):
        raise Refusal(gettext("Choose a role: admin, manager or contributor."), "role")
    return role


def role_of(organization_id: int, user_id: int, *, hold: bool = True) -> str | None:
    """The user's role there if active; with `hold` it is locked until the transaction ends."""
    values = {"organization": organization_id, "user": user_id}
    return rows(_ROLE_HELD if hold else _ROLE, values).scalar()


def require(organization: Organization, by: Actor, permission: str) -> None:
    """Refuse unless the actor has the permission here now, by the database.

    Call it inside the verb's transaction: the membership stays locked until commit.
    """
    if isinstance(by, Operator):
        return
    callers.confirm()
    values = {"organization": organization.id, "user": loaded_rows.identity(by)}
    role = db.session.scalar(_ACTOR_HELD, values)
    if role is None or not allows(role, permission):
        raise refused()


def refused() -> Forbidden:
    """The refusal of what somebody's role does not allow."""
    return Forbidden(gettext("Your role in this organization does not allow this. Ask an admin."))
