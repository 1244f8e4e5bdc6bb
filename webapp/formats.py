"""Numbers, times and lists as the current language writes them, by CLDR's patterns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import humanize
from babel import dates, lists, numbers, units

from webapp import clock, languages

# In full, with the zone: clock.exact in the order of each language (CLDR patterns).
_EXACT = {"de": "EEEE, d. MMMM y, HH:mm 'UTC'", "ar": "EEEE d MMMM y، HH:mm 'UTC'"}


def number(value: int) -> str:
    """A number with the thousands separators of the current language; digits stay Western."""
    return _number(value, languages.current().tag)


@lru_cache(maxsize=4096)
def _number(value: int, tag: str) -> str:
    return str(numbers.format_decimal(value, locale=tag, numbering_system="latn"))


def tenths(value: float) -> str:
    """A number with one decimal, in the current language."""
    rounded = round(value, 1)
    locale = languages.current().tag
    return str(numbers.format_decimal(rounded, "0.0", locale, numbering_system="latn"))


def listed(names: Iterable[str], english: str = ", ") -> str:
    """Names in a row in the current language; in English with this text between them."""
    language, words = languages.current(), list(names)
    if language is languages.ENGLISH:
        return english.join(words)
    if language.direction == "rtl":  # a Latin name must not turn the others around
        words = [f"\u2068{word}\u2069" for word in words]
    return str(lists.format_list(words, locale=language.tag))


def inside_sentence(label: str) -> str:
    """A label as it is written inside a sentence; other languages keep their capital letters."""
    return label.lower() if languages.current() is languages.ENGLISH else label


def exact(moment: datetime) -> str:
    """A time in full, with its zone, in the current language."""
    pattern = _EXACT.get(tag := languages.current().tag)
    if pattern is None:
        return clock.exact(moment)
    return str(dates.format_datetime(moment.astimezone(UTC), pattern, locale=tag))


def day(on: date) -> str:
    """A day with its month in words and its year: 21 November 2026."""
    if (tag := languages.current().tag) == languages.ENGLISH.tag:
        return f"{on.day} {on:%B %Y}"
    return str(dates.format_date(on, "long", locale=tag))


def days(first: date, last: date) -> str:
    """A short form of a range of days: 28 Sep – 4 Oct, or 23 – 29 Nov."""
    if (tag := languages.current().tag) != languages.ENGLISH.tag:
        return str(dates.format_interval(first, last, "MMMd", locale=tag))
    if first == last:
        return f"{last.day} {last:%b}"
    start = f"{first.day}" if first.month == last.month else f"{first.day} {first:%b}"
    return f"{start} – {last.day} {last:%b}"


def duration(value: float, unit: str) -> str:
    """A length of time with at most one decimal; the unit is a day, hour or minute."""
    if (tag := languages.current().tag) != languages.ENGLISH.tag:
        return str(units.format_unit(round(value, 1), f"duration-{unit}", locale=tag))
    shown = f"{value:.1f}".removesuffix(".0")
    return f"{shown} {unit}" if shown == "1" else f"{shown} {unit}s"


def minutes(number: int) -> str:
    """A number of minutes in the largest unit that it fills: 8 hours, 90 minutes."""
    for length, unit in ((24 * 60, "day"), (60, "hour")):
        if number % length == 0:
            return duration(number // length, unit)
    return duration(number, "minute")


def percent(whole: int) -> str:
    """A whole number of percent."""
    locale = languages.current().tag
    return str(numbers.format_percent(whole / 100, locale=locale, numbering_system="latn"))


def ago(moment: datetime) -> str:
    """A moment in words, relative to now, in the current language: 2 hours ago, in 6 days."""
    return _in_words(_rounded(moment - clock.now()), languages.current().tag)


@lru_cache(maxsize=4096)
def _in_words(ahead: timedelta, tag: str) -> str:
    if timedelta(seconds=-60) < ahead <= timedelta(0):
        return languages.gettext("just now")
    if tag != languages.ENGLISH.tag:
        return str(dates.format_timedelta(ahead, threshold=1.2, add_direction=True, locale=tag))
    if ahead < timedelta(0):
        return f"{humanize.naturaldelta(-ahead)} ago"
    if ahead >= timedelta(days=2):
        return f"in {ahead.days} days"
    return f"in {humanize.naturaldelta(ahead)}"


def _rounded(ahead: timedelta) -> timedelta:
    """What is to come in whole hours or days: a week from now is a week a minute later, too.

    What is past in whole seconds.
    """
    if ahead < timedelta(0):
        return timedelta(seconds=int(ahead.total_seconds()))
    hours = round(ahead / timedelta(hours=1))
    if hours >= 48:
        return timedelta(days=round(hours / 24))
    return timedelta(hours=hours) if hours > 0 else ahead
