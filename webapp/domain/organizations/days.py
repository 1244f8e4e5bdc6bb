"""Days of an organization: they begin and end in its time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from webapp import clock, formats
from webapp.domain.errors import Refusal
from webapp.languages import gettext
from webapp.models import Organization

INSTANT = timedelta(microseconds=1)
FARTHEST = datetime(9000, 1, 1, tzinfo=UTC)  # days are counted from ends, and shown in any zone
_NOT_ZONES = ("Factory", "localtime", "posixrules")


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """The names of all time zones, UTC first."""
    named = available_timezones() - {"UTC", *_NOT_ZONES}
    return ("UTC", *sorted(name for name in named if not name.startswith(("posix/", "right/"))))


def zone_named(name: str | None) -> str:
    """The time zone with that name, whatever its case; raises Refusal when there is none."""
    known = {zone.casefold(): zone for zone in zones()}
    found = known.get((name or "").strip().replace(" ", "_").casefold())
    if found is None:
        words = gettext("Choose a time zone from the list, like Europe/Berlin or UTC.")
        raise Refusal(words, "time_zone")
    return found


def zone(organization: Organization) -> ZoneInfo:
    """Its time zone; UTC where this machine no longer knows the name."""
    return _zone(organization.time_zone)


@lru_cache(maxsize=1000)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def today(organization: Organization) -> date:
    """Today's date there."""
    return clock.now().astimezone(zone(organization)).date()


def end_of(organization: Organization, day: date) -> datetime:
    """The moment at which the day is over there: the first of the next one."""
    midnight = datetime.combine(day + timedelta(days=1), time(), zone(organization))
    return midnight.astimezone(UTC)


def in_reach(end: datetime) -> datetime:
    """The same end; raises OverflowError for one at which calendars stop."""
    if end > FARTHEST:
        raise OverflowError
    return end


def after(organization: Organization, days: int, start: datetime | None = None) -> datetime:
    """The end of the day that comes so many days after a moment, by default now."""
    first = today(organization) if start is None else start.astimezone(zone(organization)).date()
    return end_of(organization, first + timedelta(days=days))


def last(organization: Organization, end: datetime) -> date:
    """The last day on which something lasts that ends at this moment."""
    return (end - INSTANT).astimezone(zone(organization)).date()


def is_whole(organization: Organization, end: datetime) -> bool:
    """Whether it ends with a day there."""
    return end_of(organization, last(organization, end)) == end


def in_words(organization: Organization, end: datetime) -> str:
    """An end as people read it, with its zone: the last day, or the exact time within one."""
    name = organization.time_zone.replace("_", " ")
    if is_whole(organization, end):
        return f"{formats.day(last(organization, end))} ({name})"
    at = end.astimezone(zone(organization))
    return f"{formats.day(at.date())}, {at:%H:%M} ({name})"
