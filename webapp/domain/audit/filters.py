"""Filters for the events of the trail, read from what was typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from webapp.domain import addresses
from webapp.languages import gettext, marked

# How moments may be typed, and how long each lasts.
_FORMS = (("%Y-%m-%d", timedelta(days=1)), ("%Y-%m-%dT%H:%M", timedelta(minutes=1)))
_WHEN = marked("Enter a day like 2026-11-27, or a day and a time like 2026-11-27T14:05.")


@dataclass(frozen=True, slots=True)
class EventFilters:
    """The filters as typed and as read; `wrong` says what cannot be read."""

    name: str | None = None
    person_id: int | None = None
    email_key: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    typed: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        *,
        name: str | None = None,
        person_id: int | None = None,
        address: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> EventFilters:
        """The filters of a URL's query; moments are in UTC, and `until` is included.

        The name is not checked: `event_table.named` does that.
        """
        typed = {"address": address, "since": since, "until": until}
        cleaned = {key: text.strip()[:320] for key, text in typed.items() if text and text.strip()}
        wrong = {}
        email_key = addresses.key_of(cleaned.get("address")) if "address" in cleaned else None
        if "address" in cleaned and email_key is None:
            wrong["address"] = gettext("Enter the whole address, like name@example.org.")
        spans = {key: _span(cleaned[key]) for key in ("since", "until") if key in cleaned}
        wrong |= {key: gettext(_WHEN) for key, span in spans.items() if span is None}
        start, _ = spans.get("since") or (None, None)
        _, end = spans.get("until") or (None, None)
        if start and end and start >= end:
            wrong["until"] = gettext("This is before the start. Enter a later time.")
        return cls(name or None, person_id or None, email_key, start, end, cleaned, wrong)

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the whole trail is asked for."""
        return bool(self.name or self.person_id or self.typed)


def _span(text: str) -> tuple[datetime, datetime] | None:
    for form, length in _FORMS:
        try:
            start = datetime.strptime(text, form).replace(tzinfo=UTC)
            return start, start + length
        except (ValueError, OverflowError):
            continue
    return None
