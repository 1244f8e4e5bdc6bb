"""What an admin chooses for an application, checked, and as the trail tells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypedDict

from webapp import clock, formats
from webapp.domain import texts
from webapp.domain.applications import addresses
from webapp.domain.errors import Objections, Refusal
from webapp.domain.groups import choices
from webapp.languages import gettext
from webapp.models import Application, Group, Organization

NAME_MOST = 100
VISIT_MINUTES = 480
VISIT_LEAST, VISIT_MOST = 5, 43200  # minutes
ACTIVE, PAUSED = "active", "paused"


class Fields(TypedDict, total=False):
    """The fields by the names that pages and programs use; those left out stay as they are."""

    name: str | None
    home_url: str | None
    groups: Sequence[str] | None  # slugs; None: all members
    second_factor: bool
    visit_minutes: int | None
    allows_unverified: bool
    state: str
    redirect_uris: Sequence[str] | None
    post_logout_redirect_uris: Sequence[str] | None
    backchannel_logout_uri: str | None
    public: bool


class Field(NamedTuple):
    """Where a field is kept, how it is read, and what it is unless somebody chooses."""

    column: str
    read: Callable[[Any], Any]  # raises Refusal
    words: Callable[[Any], str]  # a change of it in English, for the trail
    usual: Any = None


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


def _flag(column: str, what: str, on: str, off: str) -> Field:
    return Field(column, bool, lambda value: f"{what} to {on if value else off}", usual=False)


def _addresses(name: str, words: str) -> Field:
    return Field(name, partial(addresses.exact, name), words.format, usual=[])


_OF_APPLICATION = {
    "name": Field("name", _name, "the name to “{}”".format),
    "home_url": Field("home_url", addresses.home, "its home address to {}".format),
    "second_factor": _flag("needs_second_factor", "the second factor", "required", "optional"),
    "visit_minutes": Field(
        "visit_minutes", _visit_minutes, "the length of a visit to {} minutes".format, VISIT_MINUTES
    ),
    "allows_unverified": _flag("allows_unverified", "unverified accounts", "allowed", "refused"),
    "state": Field("state", _state, "its state to {}".format, ACTIVE),
}
# What it is as a program that signs people in.
_OF_CLIENT = {
    "redirect_uris": _addresses("redirect_uris", "its redirect addresses"),
    "post_logout_redirect_uris": _addresses(
        "post_logout_redirect_uris", "its addresses after signing out"
    ),
    "backchannel_logout_uri": Field(
        "backchannel_logout_uri", addresses.posted_to, "its back-channel logout address".format
    ),
    "public": Field("is_public", bool, "whether it keeps a secret".format, usual=False),
}
_ALL = {**_OF_APPLICATION, **_OF_CLIENT}


def usual() -> dict[str, Any]:
    """What a new application has of the fields that were left out."""
    return {"groups": None, **{name: field.usual for name, field in _ALL.items()}}


def read(organization: Organization, typed: Fields) -> dict[str, Any]:
    """The fields as they are kept, groups as rows; raises Refusals for all that is wrong."""
    found: dict[str, Any] = {}
    objections = Objections()
    for name, value in typed.items():
        with objections:
            if name == "groups":
                found[name] = _groups(organization, typed["groups"])
            else:
                found[name] = _ALL[name].read(value)
    objections.settle()
    return found


def present(application: Application) -> dict[str, Any]:
    """The same fields of an application that is there."""
    return {**of_application(application), **of_client(application)}


def of_application(application: Application) -> dict[str, Any]:
    """Those of them that say where it is, and who may enter."""
    held = {name: getattr(application, field.column) for name, field in _OF_APPLICATION.items()}
    return {**held, "groups": None if application.for_everyone else application.groups}


def of_client(application: Application) -> dict[str, Any]:
    """Those of them that it has as a program that signs people in."""
    client = application.client
    return {
        name: getattr(client, field.column) if client else field.usual
        for name, field in _OF_CLIENT.items()
    }


def columns(found: Mapping[str, Any]) -> dict[str, Any]:
    """The application's columns that hold these fields; groups have rows of their own."""
    held = _held(_OF_APPLICATION, found)
    if "home_url" in held:
        held["host"] = addresses.host(held["home_url"])
    if "groups" in found:
        held["for_everyone"] = found["groups"] is None
    if "state" in held:
        held["paused_at"] = clock.now() if held.pop("state") == PAUSED else None
    return held


def client_columns(found: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of its client that hold these fields."""
    return _held(_OF_CLIENT, found)


def words(changes: Mapping[str, Any]) -> str:
    """Changes in English, for the trail."""
    return " and ".join(
        _groups_words(value) if name == "groups" else _ALL[name].words(value)
        for name, value in changes.items()
    )


def refuse_nobody(found: Mapping[str, Any]) -> None:
    """Refuse an application that nobody could enter because no group was chosen."""
    if found.get("groups") == []:
        raise Refusal(gettext("Choose at least one group, or let all members in."), "groups")


def _held(fields: Mapping[str, Field], found: Mapping[str, Any]) -> dict[str, Any]:
    return {field.column: found[name] for name, field in fields.items() if name in found}


def _groups(organization: Organization, slugs: Sequence[str] | None) -> list[Group] | None:
    return None if slugs is None else choices.named(organization, slugs)


def _groups_words(groups: Sequence[Group] | None) -> str:
    slugs = choices.joined(groups or ())
    return f"who may enter to {f'the groups {slugs}' if slugs else 'all members'}"
