"""What an admin chooses for an application, checked, and as the trail tells it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypedDict

from webapp import clock, formats
from webapp.db import db
from webapp.domain import organizations, texts
from webapp.domain.applications import addresses
from webapp.domain.errors import Objections, Refusal
from webapp.domain.groups import choices
from webapp.languages import gettext
from webapp.models import Application, Group, Organization

NAME_MOST = 100
VISIT_MINUTES = 480
VISIT_LEAST, VISIT_MOST = 5, 43200  # minutes
RESERVED = ("new",)  # in the address of the form
ACTIVE, PAUSED = "active", "paused"
USUAL = {
    "groups": None,
    "second_factor": False,
    "visit_minutes": VISIT_MINUTES,
    "allows_unverified": False,
    "state": ACTIVE,
}


class Fields(TypedDict, total=False):
    """The fields by the names that pages and programs use; those left out stay as they are."""

    name: str | None
    home_url: str | None
    groups: Sequence[str] | None  # slugs; None: all members
    second_factor: bool
    visit_minutes: int | None
    allows_unverified: bool
    state: str


def read(organization: Organization, typed: Fields) -> dict[str, Any]:
    """The fields as they are kept, groups as rows; raises Refusals for all that is wrong."""
    found: dict[str, Any] = {}
    objections = Objections()
    for name, value in typed.items():
        with objections:
            if name == "groups":
                found[name] = _groups(organization, typed["groups"])
            else:
                found[name] = _READERS[name](value)
    objections.settle()
    return found


def present(application: Application) -> dict[str, Any]:
    """The same fields of an application that is there."""
    held = {name: getattr(application, column) for name, column in _SAME.items()}
    groups = None if application.for_everyone else application.groups
    return {**held, "home_url": application.home_url, "groups": groups, "state": application.state}


def columns(found: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that hold these fields; groups have rows of their own."""
    held = {column: found[name] for name, column in _SAME.items() if name in found}
    if "home_url" in found:
        held["home_url"], held["host"] = addresses.parse(found["home_url"])
    if "groups" in found:
        held["for_everyone"] = found["groups"] is None
    if "state" in found:
        held["paused_at"] = clock.now() if found["state"] == PAUSED else None
    return held


def words(name: str, value: Any) -> str:
    """A change in English, for the trail."""
    if name == "groups":
        slugs = choices.joined(value or ())
        return f"who may enter to {f'the groups {slugs}' if slugs else 'all members'}"
    return {
        "name": f"the name to “{value}”",
        "home_url": f"its home address to {value}",
        "second_factor": f"the second factor to {'required' if value else 'optional'}",
        "visit_minutes": f"the length of a visit to {value} minutes",
        "allows_unverified": f"unverified accounts to {'allowed' if value else 'refused'}",
        "state": f"its state to {value}",
    }[name]


def slug(text: str, taken: Collection[str]) -> str:
    """The slug of a new application; raises Refusal when it is none, or taken."""
    if not organizations.SLUG.fullmatch(text):
        words = gettext("Use 2 to 40 lower-case letters, digits and hyphens, like staff-wiki.")
        raise Refusal(words, "slug")
    if text in taken or text in RESERVED:
        raise slug_taken()
    return text


def suggested(name: str, host: str, taken: Collection[str]) -> str:
    """A slug that is free, made from the name, or of the host if no letters of it can be used."""
    base = next(filter(None, map(_slug_of, (name, host.partition(".")[0], host))), "application")
    numbered = (base[: 39 - len(str(n))].rstrip("-") + f"-{n}" for n in range(2, len(taken) + 4))
    return next(text for text in (base, *numbered) if text not in {*taken, *RESERVED})


def slug_taken() -> Refusal:
    """The refusal of a slug that another application of the organization has."""
    words = gettext("This short name is already used. Choose a different one.")
    return Refusal(words, "slug")


def host_taken() -> Refusal:
    """The refusal of a host that has an application here; it does not say whose."""
    words = gettext("There is already an application at this host. Each application needs its own.")
    return Refusal(words, addresses.FIELD)


def _slug_of(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    found = re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-")
    return found if organizations.SLUG.fullmatch(found) else ""


def _groups(organization: Organization, slugs: Sequence[str] | None) -> list[Group] | None:
    if slugs is None:
        return None
    wanted = {slug for slug in slugs if slug}
    # What no slug can be is not asked for: PostgreSQL takes no text with a zero byte.
    possible = [slug for slug in wanted if organizations.SLUG.fullmatch(slug)]
    query = choices.of(organization).where(Group.slug.in_(possible)).order_by(Group.id)
    found = list(db.session.scalars(query)) if possible else []
    if missing := wanted - {group.slug for group in found}:
        raise choices.unknown(min(missing))
    return found


def refuse_nobody(found: Mapping[str, Any]) -> None:
    """Refuse an application that nobody could enter because no group was chosen."""
    if found.get("groups") == []:
        raise Refusal(gettext("Choose at least one group, or let all members in."), "groups")


def _name(text: str | None) -> str:
    name = texts.one_line(text, field="name", label=gettext("The name"), most=NAME_MOST)
    if name is None:
        raise Refusal(gettext("Enter the application’s name."), "name")
    return name


def _visit_minutes(number: int | None) -> int:
    if number is None or not VISIT_LEAST <= number <= VISIT_MOST:
        words = gettext(
            "Enter how many minutes a visit lasts, from %(least)s to %(most)s.",
            least=VISIT_LEAST,
            most=formats.number(VISIT_MOST),
        )
        raise Refusal(words, "visit_minutes")
    return number


def _state(text: str) -> str:
    if text not in (ACTIVE, PAUSED):
        raise Refusal(gettext("Choose active or paused."), "state")
    return text


# The columns that hold a field as it is.
_SAME = {
    "name": "name",
    "second_factor": "needs_second_factor",
    "visit_minutes": "visit_minutes",
    "allows_unverified": "allows_unverified",
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "name": _name,
    "home_url": lambda text: addresses.parse(text)[0],
    "second_factor": bool,
    "visit_minutes": _visit_minutes,
    "allows_unverified": bool,
    "state": _state,
}
