"""Times for people and for machines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import humanize
from markupsafe import Markup

from webapp import clock


def iso(moment: datetime) -> str:
    """A moment for machines: RFC 3339, in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def ago(moment: datetime) -> str:
    """A moment in words, relative to now: 2 hours ago, in 6 days."""
    ahead = moment - clock.now()
    if ahead.total_seconds() > 0:
        # A week from now is still a week a minute later, not six days.
        hours = round(ahead / timedelta(hours=1))
        if hours >= 48:
            return f"in {round(hours / 24)} days"
        return "in " + humanize.naturaldelta(timedelta(hours=hours) or ahead)
    return "just now" if ahead.total_seconds() > -60 else humanize.naturaldelta(-ahead) + " ago"


def tag(at: datetime, relative: bool = True) -> Markup:
    """A `time` element; with `relative`, in words with the exact time on hover."""
    exact = clock.exact(at)
    title, words = (f' title="{exact}"', ago(at)) if relative else ("", exact)
    # None of these values comes from a user.
    return Markup(f'<time datetime="{iso(at)}"{title}>{words}</time>')  # noqa: S704
