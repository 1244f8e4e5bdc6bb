"""Times for people and for machines."""

from __future__ import annotations

from datetime import UTC, datetime

from markupsafe import Markup

from webapp import formats


def iso(moment: datetime) -> str:
    """A moment for machines: RFC 3339, in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def tag(at: datetime, relative: bool = True, words: str | None = None) -> Markup:
    """A `time` element; with `relative`, in words with the exact time on hover.

    `words` of a template's own replace "3 minutes ago".
    """
    exact = formats.exact(at)
    title, shown = (f' title="{exact}"', words or formats.ago(at)) if relative else ("", exact)
    # None of these values comes from a user.
    return Markup(f'<time datetime="{iso(at)}"{title}>{shown}</time>')  # noqa: S704
