"""What applications are told about a person: their number, and what the scope lets them know."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import bindparam, select

from webapp.db import rows
from webapp.models import Group, GroupMember, Membership, OidcSubject, OidcVisit, User
from webapp.upserts import upsert

_SUB = select(OidcSubject.sub).where(
    OidcSubject.organization_id == bindparam("organization"),
    OidcSubject.user_id == bindparam("user"),
)
_PERSON = (
    select(
        User.email,
        User.verified_at,
        User.full_name,
        Membership.id.label("membership_id"),
        Membership.role,
        OidcSubject.sub,
    )
    .join(Membership, Membership.user_id == User.id)
    .join(
        OidcSubject,
        (OidcSubject.user_id == User.id)
        & (OidcSubject.organization_id == Membership.organization_id),
    )
    .where(User.id == bindparam("user"), Membership.organization_id == bindparam("organization"))
)
_GROUPS = (
    select(Group.slug)
    .join(GroupMember, GroupMember.group_id == Group.id)
    .where(GroupMember.membership_id == bindparam("membership"), Group.is_kept)
    .order_by(Group.slug)
)


def sub(organization_id: int, user_id: int) -> str | None:
    """What the organization's applications call the person, if any has asked yet."""
    values = {"organization": organization_id, "user": user_id}
    return rows(_SUB, values).scalar_one_or_none()


def ensure(organization_id: int, user_id: int) -> None:
    """Give the person a random number for the organization, in the present transaction."""
    if sub(organization_id, user_id) is None:
        columns = {"organization_id": organization_id, "user_id": user_id}
        number = secrets.token_urlsafe(24)
        upsert(OidcSubject, {**columns, "sub": number}, on=("organization_id", "user_id"))


def claims(visit: OidcVisit) -> dict[str, Any]:
    """The claims that the visit's scope stands for, as they are now."""
    values = {"organization": visit.organization_id, "user": visit.user_id}
    person, scopes = rows(_PERSON, values).one(), visit.scope.split()
    told: dict[str, Any] = {"sub": person.sub}
    if "profile" in scopes:
        told["name"] = person.full_name
        # Never the username: its owner chooses it, and programs have accounts named like admin.
        told |= {"preferred_username": person.email} if "email" in scopes else {}
    if "email" in scopes:
        told |= {"email": person.email, "email_verified": person.verified_at is not None}
    if "groups" in scopes:
        slugs = rows(_GROUPS, {"membership": person.membership_id}).scalars()
        told |= {"groups": [*slugs], "role": str(person.role)}
    return told
