"""Groups: named sets of an organization's members, which give no right inside Gatehouse."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import delete as delete_rows
from sqlalchemy import func

from webapp import clock, formats
from webapp.db import db, transaction
from webapp.domain import events, organizations
from webapp.domain.errors import Objections, Refusal
from webapp.domain.events import Actor, versions
from webapp.domain.events.versions import Seen
from webapp.domain.groups import choices, fields, table
from webapp.domain.organizations import permissions
from webapp.languages import gettext
from webapp.models import Group, GroupMember, Organization

MOST = 1000  # groups per organization
UNCHANGED: Any = object()  # in place of a new value


def find(organization: Organization, slug: str) -> Group:
    """The organization's group with that slug; raises NotFound."""
    return choices.find(organization, slug)


@transaction({"one_group_slug": fields.taken})
def create(
    organization: Organization,
    *,
    by: Actor,
    slug: str | None,
    name: str | None,
    description: str | None = None,
    is_default: bool = False,
) -> Group:
    """Create a group; its slug never changes, as programs know the group by it."""
    _lock(organization, by)
    columns = fields.checked(organization, slug, name, description)
    _refuse_too_many(organization, is_default)
    owner = {"organization_id": organization.id, "created_at": clock.now()}
    group = Group(**owner, **columns, is_default=is_default)
    db.session.add(group)
    db.session.flush()
    _record(group, "GroupCreated", by)
    return group


@transaction()
def change(
    organization: Organization,
    slug: str,
    *,
    by: Actor,
    name: str | None = UNCHANGED,
    description: str | None = UNCHANGED,
    is_default: bool = UNCHANGED,
    seen: Seen | None = None,
) -> Group:
    """Rename or describe a group, or have new invitations carry it unless told otherwise."""
    _lock(organization, by)
    group = choices.find(organization, slug, lock=True)
    columns = _checked(group, name, description, is_default)
    changes = {key: value for key, value in columns.items() if getattr(group, key) != value}
    told = partial(_last_change, organization, group)
    versions.refuse_changed(seen, group, writes=list(changes), told=told)
    if changes.get("is_default"):
        _refuse_too_many_defaults(organization)
    if changes:
        changed = " and ".join(_words(key, value) for key, value in changes.items())
        _record(group, "GroupChanged", by, changed=changed)
    for key, value in changes.items():
        setattr(group, key, value)
    return group


@transaction()
def delete(organization: Organization, slug: str, *, by: Actor) -> table.Touched:
    """Delete a group and take everybody out of it; says how many it touched.

    Open invitations keep their row, so that accepting one can say which group was gone.
    """
    _lock(organization, by)
    group = choices.find(organization, slug, lock=True)
    touched = table.touched(group)
    db.session.execute(
        delete_rows(GroupMember)
        .where(GroupMember.group_id == group.id)
        .execution_options(synchronize_session=False)
    )
    group.deleted_at, group.is_default = clock.now(), False
    _record(group, "GroupDeleted", by, members=touched.members)
    return touched


def _lock(organization: Organization, by: Actor) -> None:
    """Nobody else creates, changes or deletes groups meanwhile; invitations wait as well."""
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "groups:write")


def _checked(
    group: Group, name: str | None, description: str | None, is_default: bool
) -> dict[str, Any]:
    objections = Objections()
    columns: dict[str, Any] = {}
    with objections:
        columns["name"] = group.name if name is UNCHANGED else fields.named(name)
    with objections:
        kept = description is UNCHANGED
        columns["description"] = group.description if kept else fields.described(description)
    objections.settle()
    columns["is_default"] = group.is_default if is_default is UNCHANGED else is_default
    return columns


def _refuse_too_many(organization: Organization, is_default: bool) -> None:
    if _count(organization) >= MOST:
        words = gettext(
            "You already have %(most)s groups, the most an organization can have. "
            "Delete one first.",
            most=formats.number(MOST),
        )
        raise Refusal(words)
    if is_default:
        _refuse_too_many_defaults(organization)


def _refuse_too_many_defaults(organization: Organization) -> None:
    if _count(organization, Group.is_default) >= choices.MOST:
        words = gettext(
            "At most %(most)s groups can be given by default, as many as one invitation can give. "
            "Take another one out first.",
            most=choices.MOST,
        )
        raise Refusal(words, "is_default")


def _count(organization: Organization, *conditions: Any) -> int:
    query = choices.of(organization).where(*conditions).with_only_columns(func.count())
    return db.session.scalar(query) or 0


def _words(column: str, value: object) -> str:
    if column == "name":
        return f"the name to “{value}”"
    if column == "description":
        return "its description"
    return f"its default to {'on' if value else 'off'}"


def _last_change(organization: Organization, group: Group) -> str | None:
    return versions.last_change(
        organization, "GroupChanged", lambda event: event.data["group"] == group.slug
    )


def _record(group: Group, name: str, by: Actor, **data: Any) -> None:
    events.record(group.organization_id, name, by=by, group=group.slug, name=group.name, **data)
