"""Organizations whose admins all have an end that is near: somebody has to be made an admin."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select

from webapp import clock
from webapp.db import db
from webapp.models import Membership, Organization, Role

NEAR = timedelta(days=14)  # longer than an end is put off


class Alarm(NamedTuple):
    """An organization, and when the access of its last admin ends."""

    slug: str
    ends_at: datetime


def of(organization: Organization) -> datetime | None:
    """When the organization's last admin ends, if that is near; else None."""
    found = _found(Organization.id == organization.id)
    return found[0].ends_at if found else None


def everywhere() -> list[Alarm]:
    """All active organizations for which that is so, by slug."""
    return _found(Organization.suspended_at.is_(None))


def _found(which: ColumnElement[bool]) -> list[Alarm]:
    last = func.max(Membership.ends_at)
    query = (
        select(Organization.slug, last.label("last"))
        .join(Membership, Membership.organization_id == Organization.id)
        .where(which, Membership.status == "active", Membership.role == Role.ADMIN)
        .group_by(Organization.id, Organization.slug)
        # Every one of them has an end.
        .having(func.count() == func.count(Membership.ends_at), last <= clock.now() + NEAR)
        .order_by(Organization.slug)
    )
    return [Alarm(row.slug, row.last) for row in db.session.execute(query)]
