"""Organizations: creating, finding and suspending one."""

from __future__ import annotations

import re

from sqlalchemy import bindparam, select

from webapp import clock, loaded_rows
from webapp.db import db, transaction
from webapp.domain import events, texts
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.events import OPERATOR
from webapp.languages import gettext
from webapp.models import Organization

# Built once: nearly every verb runs it.
_SHARED = (
    select(Organization)
    .where(Organization.id == bindparam("row"))
    .with_for_update(read=True)
    .execution_options(populate_existing=True)
)
SLUG = re.compile(r"[a-z0-9-]{2,40}")


def taken() -> Refusal:
    """The refusal of a slug that another organization uses."""
    words = gettext("Another organization already uses this slug. Choose a different one.")
    return Refusal(words, "slug")


def add(slug: str, name: str) -> Organization:
    """A new organization in the current transaction; raises Refusal on a bad slug or name."""
    if not SLUG.fullmatch(slug or ""):
        words = gettext("Use 2 to 40 lower-case letters, digits and hyphens, like acme.")
        raise Refusal(words, "slug")
    name = named(name)
    if db.session.scalar(select(Organization.id).where(Organization.slug == slug)):
        raise taken()
    organization = Organization(slug=slug, name=name, created_at=clock.now())
    db.session.add(organization)
    db.session.flush()
    events.record(organization, "OrganizationCreated", by=OPERATOR, slug=slug, name=name)
    return organization


def named(text: str | None) -> str:
    """An organization's name, cleaned for display; raises Refusal when empty or unusable."""
    name = texts.one_line(text, field="name", label=gettext("The name"), most=100)
    if name is None:
        raise Refusal(gettext("Enter the organization’s name."), "name")
    return name


def by_slug(slug: str) -> Organization:
    """The organization with that slug; raises NotFound."""
    organization = db.session.scalar(select(Organization).where(Organization.slug == slug))
    if organization is None:
        words = gettext("There is no organization with the slug %(slug)s.", slug=repr(slug))
        raise NotFound(words)
    return organization


def everyone() -> list[Organization]:
    """All organizations by slug, for the operator."""
    return list(db.session.scalars(select(Organization).order_by(Organization.slug)))


def lock(organization: Organization, *, alone: bool = False) -> None:
    """Lock the organization against changes until the transaction ends; refuses when suspended.

    `alone` also keeps other callers of `lock` and `hold` waiting.
    """
    if alone:
        hold(organization)
    else:
        db.session.scalars(_SHARED, {"row": loaded_rows.identity(organization)}).one()
    if not organization.is_active:
        words = gettext("This organization is suspended. Ask the operator of this installation.")
        raise Refusal(words)


def hold(organization: Organization) -> None:
    """Lock the organization alone, suspended or not, until the transaction ends.

    New rows with a foreign key to it may still be written: waiting for those could deadlock.
    """
    db.session.refresh(organization, with_for_update={"key_share": True})


@transaction()
def suspend(organization: Organization) -> None:
    """Stop the organization's links, keys, sessions and queued mail; deletes nothing."""
    hold(organization)
    if organization.is_active:
        organization.suspended_at = clock.now()
        events.record(organization, "OrganizationSuspended", by=OPERATOR)


@transaction()
def resume(organization: Organization) -> None:
    """End the suspension of an organization."""
    hold(organization)
    if not organization.is_active:
        organization.suspended_at = None
        events.record(organization, "OrganizationResumed", by=OPERATOR)
