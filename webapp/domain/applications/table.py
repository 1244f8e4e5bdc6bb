"""An organization's applications: all of them, those of a group, and what a person may enter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, func, select
from sqlalchemy.orm import selectinload

from webapp.db import db
from webapp.domain import pagination
from webapp.domain.applications import entry
from webapp.domain.applications.entry import Barrier
from webapp.domain.errors import NotFound
from webapp.domain.pagination import Page
from webapp.languages import gettext
from webapp.models import (
    Application,
    ApplicationGroup,
    Group,
    GroupMember,
    Membership,
    Organization,
    User,
)


class Door(NamedTuple):
    """An application as one person finds it: `barrier` is None if they may enter now."""

    application: Row[Any]
    barrier: Barrier | None


def of(organization_id: int) -> Any:
    """The organization's applications."""
    return select(Application).where(Application.organization_id == organization_id)


def find(organization: Organization, slug: str, *, lock: bool = False) -> Application:
    """The organization's application with that slug; raises NotFound. With `lock`, read afresh."""
    query = of(organization.id).where(Application.slug == slug)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    application: Application | None = db.session.scalar(query)
    if application is None:
        raise NotFound(gettext("There is no such application in this organization."))
    return application


def everyone(organization: Organization) -> list[Application]:
    """All of the organization's applications with their groups, by name."""
    query = of(organization.id).options(selectinload(Application.groups))
    return _by_name(db.session.scalars(query).all())


def page(organization: Organization, *, after: str | None = None, size: int) -> Page[Application]:
    """The applications after a cursor, by slug, for programs."""
    query = of(organization.id).options(selectinload(Application.groups))
    return pagination.by_slug(query, Application.slug, after, size)


def of_group(group: Group) -> list[Application]:
    """The applications that a group opens, by name."""
    query = (
        select(Application)
        .join(ApplicationGroup, ApplicationGroup.application_id == Application.id)
        .where(
            ApplicationGroup.group_id == group.id,
            Application.organization_id == group.organization_id,
            Application.for_everyone.is_(False),
        )
    )
    return _by_name(db.session.scalars(query).all())


def doors(organization: Organization, user: User) -> list[Door]:
    """All of the organization's applications as the person finds them, by name: one query."""
    shown = (Application.slug, Application.name, Application.host, Application.home_url)
    query = entry.facts(*shown).where(
        Application.organization_id == organization.id, User.id == user.id
    )
    return [Door(row, entry.barrier(row)) for row in _by_name(db.session.execute(query).all())]


def entrants(application: Application) -> int:
    """How many members may enter it, apart from what they themselves can still do for it."""
    inside = select(GroupMember.membership_id).where(
        GroupMember.group_id == ApplicationGroup.group_id,
        ApplicationGroup.application_id == application.id,
    )
    query = select(func.count(Membership.id)).where(
        Membership.organization_id == application.organization_id, Membership.has_access
    )
    if not application.for_everyone:
        query = query.where(Membership.id.in_(inside))
    return db.session.scalar(query) or 0


def _by_name(found: Sequence[Any]) -> list[Any]:
    return sorted(found, key=lambda one: (one.name.casefold(), one.slug))
