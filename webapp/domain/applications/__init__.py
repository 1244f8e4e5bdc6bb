"""Applications: what an accepted invitation opens, for whom it should and as long as it should."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Unpack

from sqlalchemy import delete as delete_rows

from webapp import clock, formats
from webapp.db import db, transaction
from webapp.domain import organizations
from webapp.domain.applications import addresses, clients, fields, record, slugs, table
from webapp.domain.applications.entry import may_enter as may_enter
from webapp.domain.applications.fields import Fields
from webapp.domain.applications.table import find as find
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor, versions
from webapp.domain.events.versions import Seen
from webapp.domain.organizations import permissions
from webapp.inserts import insert, insert_many
from webapp.languages import gettext
from webapp.models import Application, ApplicationGroup, Group, Organization

MOST = 200  # applications per organization
# Looking first would not be enough: another organization may be creating one for the same host.
CONFLICTS = {
    "one_application_slug": slugs.taken_by_another,
    "uq_applications_host": addresses.host_taken,
}


@transaction(CONFLICTS)
def create(
    organization: Organization, *, by: Actor, slug: str | None = None, **typed: Unpack[Fields]
) -> Application:
    """Create an application; without a slug it gets one, which never changes."""
    _lock(organization, by)
    needed: Fields = {"name": None, "home_url": None}
    found = {**fields.usual(), **fields.read(organization, {**needed, **typed})}
    fields.refuse_nobody(found)
    columns = fields.columns(found)
    taken = _slugs(organization)
    _refuse_too_many(len(taken))
    if slug:
        columns["slug"] = slugs.typed(slug, taken)
    else:
        columns["slug"] = slugs.suggested(columns["name"], columns["host"], taken)
    owner = {"organization_id": organization.id, "created_at": clock.now()}
    application = insert(Application, {**owner, **columns})
    _give(application, found["groups"])
    clients.make(application, fields.client_columns(found))
    record.about(application, "ApplicationCreated", by, host=application.host)
    return application


@transaction(CONFLICTS)
def change(
    organization: Organization,
    slug: str,
    *,
    by: Actor,
    seen: Seen | None = None,
    **typed: Unpack[Fields],
) -> Application:
    """Change what is given of an application; it decides who enters from the next request on."""
    application = locked(organization, slug, by)
    before, found = fields.present(application), fields.read(organization, typed)
    changes = {name: value for name, value in found.items() if value != before[name]}
    told = partial(_last_change, organization, application)
    versions.refuse_changed(seen, application, writes=list(changes), told=told)
    fields.refuse_nobody(changes)
    if changes:
        record.about(application, "ApplicationChanged", by, changed=fields.words(changes))
        _apply(application, changes)
    if columns := fields.client_columns(found):
        clients.change(application, columns)
    return application


def _apply(application: Application, changes: dict[str, Any]) -> None:
    for column, value in fields.columns(changes).items():
        setattr(application, column, value)
    if "groups" in changes:
        _take(application)
        _give(application, changes["groups"])
    db.session.flush()


def pause(organization: Organization, slug: str, *, by: Actor) -> Application:
    """Let nobody enter for now, from the next request on. Twice is no error."""
    return change(organization, slug, by=by, state=fields.PAUSED)


def resume(organization: Organization, slug: str, *, by: Actor) -> Application:
    """Let those enter again who may."""
    return change(organization, slug, by=by, state=fields.ACTIVE)


@transaction()
def delete(organization: Organization, slug: str, *, by: Actor) -> Application:
    """Delete an application for good, with all that is kept about it; nobody enters by it again."""
    application = locked(organization, slug, by)
    record.about(application, "ApplicationDeleted", by)
    db.session.delete(application)  # its rows in other tables go with it: ON DELETE CASCADE
    return application


def locked(organization: Organization, slug: str, by: Actor) -> Application:
    """The application, to be changed in the present transaction; nobody else changes it."""
    _lock(organization, by)
    return find(organization, slug, lock=True)


def _lock(organization: Organization, by: Actor) -> None:
    """Nobody else creates or changes applications or groups meanwhile."""
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "applications:write")


def _slugs(organization: Organization) -> set[str]:
    query = table.of(organization.id).with_only_columns(Application.slug)
    return set(db.session.scalars(query))


def _refuse_too_many(count: int) -> None:
    if count >= MOST:
        words = gettext(
            "You already have %(most)s applications, the most an organization can have. "
            "Delete one first.",
            most=formats.number(MOST),
        )
        raise Refusal(words)


def _give(application: Application, groups: Sequence[Group] | None) -> None:
    owner = {
        "application_id": application.id,
        "organization_id": application.organization_id,
    }
    rows = [{"group_id": group.id, **owner} for group in groups or ()]
    if rows:
        insert_many(ApplicationGroup.__table__, rows)  # type: ignore[arg-type]
    db.session.expire(application, ["groups"])


def _take(application: Application) -> None:
    """Take all groups off, deleted ones as well."""
    rows = delete_rows(ApplicationGroup).where(ApplicationGroup.application_id == application.id)
    db.session.execute(rows.execution_options(synchronize_session=False))


def _last_change(organization: Organization, application: Application) -> str | None:
    """Who changed it last and when, as a sentence."""
    return versions.last_change(
        organization,
        "ApplicationChanged",
        lambda event: event.data["application"] == application.slug,
    )
