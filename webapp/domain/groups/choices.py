"""Groups as people and programs name them: chosen for somebody who is invited, or by default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, inspect, select

from webapp.db import db
from webapp.domain import organizations, texts
from webapp.domain.errors import NotFound, Refusal
from webapp.languages import gettext
from webapp.models import Group, Organization

MOST = 20  # that one invitation gives
SEPARATORS = re.compile(r"[|;\n]")
SHOWN = 60  # letters of a name that there is not
LONGEST = 2100  # letters of a cell that names groups


def of(organization: Organization) -> Select[Group]:
    """The organization's groups that nobody has deleted."""
    return select(Group).where(Group.organization_id == organization.id, Group.is_kept)


# Built once: tables and forms run them.
_KEPT = (
    select(Group)
    .where(Group.organization_id == bindparam("organization"), Group.is_kept)
    .order_by(Group.id)
)
_DEFAULT = _KEPT.where(Group.is_default)
_NAMED = _KEPT.where(Group.slug.in_(bindparam("slugs", expanding=True)))


def all_of(organization: Organization) -> list[Group]:
    """The organization's groups that nobody has deleted, by id."""
    return list(db.session.scalars(_KEPT, {"organization": organization.id}))


def find(organization: Organization, slug: str, *, lock: bool = False) -> Group:
    """The organization's group with that slug; raises NotFound. With `lock` it is read afresh."""
    query = of(organization).where(Group.slug == slug)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    group = db.session.scalar(query)
    if group is None:
        raise NotFound(gettext("There is no such group in this organization."))
    return group


def filtered(organization: Organization, slug: str | None) -> int | None:
    """The id to filter by for the slug of an address: None without one, 0 for no group of ours."""
    if not slug:
        return None
    if not organizations.SLUG.fullmatch(slug):
        return 0
    query = of(organization).with_only_columns(Group.id).where(Group.slug == slug)
    return db.session.scalar(query) or 0


def chosen(organization: Organization, slugs: Sequence[str] | None) -> list[Group]:
    """The groups with these slugs, each once, by id; None: the default ones. Raises Refusal."""
    if slugs is None:
        return list(db.session.scalars(_DEFAULT, {"organization": organization.id}))
    _refuse_many(len({*filter(None, slugs)}))
    return named(organization, slugs)


def named(organization: Organization, slugs: Iterable[str]) -> list[Group]:
    """The groups with these slugs, however many, each once, by id; raises Refusal."""
    wanted = {*filter(None, slugs)}
    # What no slug can be is not asked for: PostgreSQL takes no text with a zero byte.
    possible = [slug for slug in wanted if organizations.SLUG.fullmatch(slug)]
    values = {"organization": organization.id, "slugs": possible}
    found = list(db.session.scalars(_NAMED, values)) if possible else []
    if missing := wanted - {group.slug for group in found}:
        raise unknown(min(missing))
    return found


def hold(groups: Iterable[Group]) -> list[Group]:
    """The groups, locked against being deleted until the transaction ends, in the order of ids.

    Refuses when one was deleted meanwhile.
    """
    names = {group.id: group.name for group in groups}
    if not names:
        return []
    query = select(Group).where(Group.id.in_(names)).order_by(Group.id).with_for_update(read=True)
    held = list(db.session.scalars(query.execution_options(populate_existing=True)))
    kept = [group for group in held if group.is_kept]
    if len(kept) < len(names):
        gone = names.keys() - {group.id for group in kept}
        raise unknown(names[min(gone)])
    return kept


class Catalog:
    """An organization's groups by slug and by name, for lists of people; read once."""

    def __init__(self, organization: Organization) -> None:
        self._groups = all_of(organization)
        self._by_name: dict[str, Group] = {}
        for group in self._groups:
            self._by_name.setdefault(group.name.casefold(), group)
        self._by_name |= {group.slug: group for group in self._groups}
        self._by_slug = {group.slug: group for group in self._groups}
        self._read: dict[str, Refusal | list[Group]] = {}

    def chosen(self, slugs: Sequence[str] | None) -> list[Group]:
        """The same as the function of this name, without asking the database."""
        if slugs is None:
            return [group for group in self._groups if group.is_default]
        wanted = {slug for slug in slugs if slug}
        _refuse_many(len(wanted))
        if missing := wanted - self._by_slug.keys():
            raise unknown(min(missing))
        return [group for group in self._groups if group.slug in wanted]

    def read(self, text: str | None) -> list[Group]:
        """The groups that a cell names by slug or name; raises Refusal for an unknown one."""
        if not text:
            return []
        if len(text) > LONGEST:
            raise too_many()
        if text not in self._read:  # a list repeats its cells
            try:
                self._read[text] = self._groups_of(text)
            except Refusal as refusal:
                self._read[text] = refusal
        known = self._read[text]
        if isinstance(known, Refusal):
            raise known
        return known

    def known(self, text: str | None) -> list[Group]:
        """Those of the named groups that are still there."""
        names = [name.casefold() for name in split(text or "")]
        found = {
            self._by_name[name].id: self._by_name[name] for name in names if name in self._by_name
        }
        return [found[number] for number in sorted(found)]

    def _groups_of(self, text: str) -> list[Group]:
        found: dict[int, Group] = {}
        for name in split(text):
            group = self._by_name.get(name.casefold())
            if group is None:
                raise unknown(name)
            found[group.id] = group
        _refuse_many(len(found))
        return [found[number] for number in sorted(found)]


def split(text: str) -> list[str]:
    """The names in a cell, separated by | or ;."""
    names = (" ".join(name.split()) for name in SEPARATORS.split(text))
    return [name for name in names if name]


def joined(groups: Iterable[Group]) -> str | None:
    """The slugs of groups as a cell has them; None for none."""
    return "|".join(group.slug for group in groups) or None


def id_of(group: Group) -> int:
    """The id of a group that may have been read in an earlier transaction, without reading it."""
    return int(inspect(group, raiseerr=True).identity[0])  # type: ignore[index]


def without_groups(offer: Mapping[str, Any]) -> dict[str, Any]:
    """An offer's columns: all but its groups, which have a table of their own."""
    return {name: value for name, value in offer.items() if name != "groups"}


def unknown(name: str) -> Refusal:
    """The refusal of a group that there is not."""
    name = " ".join(texts.showable(name).split())
    name = name if len(name) <= SHOWN else f"{name[:SHOWN]}…"
    words = gettext("There is no group “%(name)s” here. Choose another, or create it.", name=name)
    return Refusal(words, "groups")


def too_many() -> Refusal:
    """The refusal of more groups than one invitation gives."""
    words = gettext("An invitation can give at most %(most)s groups. Choose fewer.", most=MOST)
    return Refusal(words, "groups")


def _refuse_many(count: int) -> None:
    if count > MOST:
        raise too_many()
