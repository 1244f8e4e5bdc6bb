"""Times for people and for machines."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from markupsafe import Markup

from webapp import formats, languages


def iso(moment: datetime) -> str:
    """A moment for machines: RFC 3339, in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def tag(at: datetime, relative: bool = True, words: str | None = None) -> Markup:
    """A `time` element; with `relative`, in words with the exact time on hover.

    `words` of a template's own replace "3 minutes ago".
    """
    start, exact = _written(at, languages.current().tag)
    # None of these values comes from a user.
    if relative:
        return Markup(f'{start} title="{exact}">{words or formats.ago(at)}</time>')  # noqa: S704
    return Markup(f"{start}>{exact}</time>")  # noqa: S704


@lru_cache(maxsize=4096)
def _written(at: datetime, _language: str) -> tuple[str, str]:
    """What of a moment stays the same: tables show the same ones again and again."""
    return f'<time datetime="{iso(at)}"', formats.exact(at)
