"""What applications are told about a person: their number, and what the scope lets them know."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Row, and_, bindparam, select

from webapp.db import rows
from webapp.domain.applications import entry
from webapp.models import Application, Membership, OidcSubject, User
from webapp.upserts import upsert

_SUB = select(OidcSubject.sub).where(
    OidcSubject.organization_id == bindparam("organization"),
    OidcSubject.user_id == bindparam("user"),
)
# What `claims` reads of a row, beside the visit's scope.
PERSON = (User.email, User.full_name, Membership.role, OidcSubject.sub, entry.GROUP_SLUGS)


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


def joined(facts: Any) -> Any:
    """The statement of `entry.facts` with the number that PERSON needs."""
    return facts.join(
        OidcSubject,
        and_(
            OidcSubject.organization_id == Application.organization_id,
            OidcSubject.user_id == User.id,
        ),
    )


def claims(visit: Row[Any]) -> dict[str, Any]:
    """The claims that the visit's scope stands for, of a row that has it and PERSON."""
    scopes = visit.scope.split()
    told: dict[str, Any] = {"sub": visit.sub}
    if "profile" in scopes:
        told["name"] = visit.full_name
        # Never the username: its owner chooses it, and programs have accounts named like admin.
        told |= {"preferred_username": visit.email} if "email" in scopes else {}
    if "email" in scopes:
        is_verified = visit.user_verified_at is not None
        told |= {"email": visit.email, "email_verified": is_verified}
    if "groups" in scopes:
        told |= {"groups": [*entry.group_slugs(visit)], "role": str(visit.role)}
    return told
