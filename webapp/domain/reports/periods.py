"""Periods of whole days in a time zone, and their weeks."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from webapp import clock
from webapp.domain.errors import Objections, Refusal
from webapp.languages import gettext

WEEKS = 12  # shown by default, including the present week
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
YEARS = range(1900, 3000)  # in which Python can handle the days of every zone

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Week:
    """A week of ISO 8601, from Monday to Sunday, or the part of it that lies in a period."""

    name: str  # 2026-W47
    first: date
    last: date
    start: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """From the first moment of one day to the last of another, in a time zone by its IANA name."""

    first: date
    last: date
    zone: str

    @property
    def start(self) -> datetime:
        """The instant at which it begins."""
        return self._midnight(self.first)

    @property
    def until(self) -> datetime:
        """The instant at which it is over: the beginning of the day after."""
        return self._midnight(self.last + DAY)

    def weeks(self, first: datetime, last: datetime) -> list[Week]:
        """Its weeks from that of the first moment to that of the last, without gaps."""
        zone = ZoneInfo(self.zone)
        day = max(self.first, first.astimezone(zone).date())
        end = min(self.last, last.astimezone(zone).date())
        weeks = []
        while day <= end:
            year, number, weekday = day.isocalendar()
            sunday = min(self.last, day + (7 - weekday) * DAY)
            monday = max(self.first, day - (weekday - 1) * DAY)
            weeks.append(
                Week(
                    f"{year}-W{number:02}",
                    monday,
                    sunday,
                    self._midnight(monday),
                    self._midnight(sunday + DAY),
                )
            )
            day = sunday + DAY
        return weeks

    def _midnight(self, day: date) -> datetime:
        # Where clocks jump at midnight, this is the first moment of the day (PEP 495).
        return datetime.combine(day, time.min, ZoneInfo(self.zone)).astimezone(UTC)


def read(from_: str | None = None, to: str | None = None, zone: str | None = None) -> Period:
    """The period that somebody typed, with days like 2026-11-21, both included; raises Refusals.

    Without a zone it is UTC, without a last day it ends today, and without a first one it begins
    on a Monday, so that it holds twelve weeks.
    """
    wrong = Objections()
    zone_name, first, last = "UTC", None, None
    with wrong:
        zone_name = _zone(zone)
    with wrong:
        first = _day(from_, "from")
    with wrong:
        last = _day(to, "to")
    wrong.settle()
    end = last or clock.now().astimezone(ZoneInfo(zone_name)).date()
    begin = first or end - (end.weekday() * DAY + (WEEKS - 1) * WEEK)
    if begin > end:
        words = gettext("The last day is before the first one. Swap them, or change one.")
        raise Refusal(words, "to")
    return Period(begin, end, zone_name)


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(text: str | None) -> str:
    name = (text or "").strip() or "UTC"
    if name not in _zones():
        words = gettext("Enter a time zone like UTC, Europe/Berlin or America/New_York.")
        raise Refusal(words, "zone")
    return name


def _day(text: str | None, field: str) -> date | None:
    typed = (text or "").strip()
    if not typed:
        return None
    try:
        if _DATE.fullmatch(typed):
            day = date.fromisoformat(typed)
            if day.year in YEARS:
                return day
    except ValueError:
        pass  # such as the 31st of a month of 30 days
    raise Refusal(gettext("Enter a day as year, month and day, like 2026-11-21."), field)
