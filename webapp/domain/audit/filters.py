"""Which events of the trail are asked for, out of what was typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from webapp.domain import addresses

# How moments may be typed, and how long what was typed lasts.
_FORMS = (("%Y-%m-%d", timedelta(days=1)), ("%Y-%m-%dT%H:%M", timedelta(minutes=1)))
_WHEN = "Enter a day like 2026-11-27, or a day and a time like 2026-11-27T14:05."


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for, as it was typed and as it is read; `wrong` says what cannot be read."""

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
    ) -> Filters:
        """The filters out of an address's query; moments are UTC, and `until` is included.

        The name is taken as it is: `named` tells which ones there are.
        """
        typed = {"address": address, "since": since, "until": until}
        given = {key: text.strip()[:320] for key, text in typed.items() if text and text.strip()}
        wrong = {}
        email_key = addresses.key_of(given.get("address")) if "address" in given else None
        if "address" in given and email_key is None:
            wrong["address"] = "Enter the whole address, like name@example.org."
        ends: dict[str, tuple[datetime, datetime]] = {}
        for key in ("since", "until"):
            if key in given:
                found = _moment(given[key])
                if found is None:
                    wrong[key] = _WHEN
                else:
                    ends[key] = found
        start = ends["since"][0] if "since" in ends else None
        end = ends["until"][1] if "until" in ends else None
        if start and end and start >= end:
            wrong["until"] = "This is before the beginning. Enter a later moment."
        return cls(name or None, person_id or None, email_key, start, end, given, wrong)

    @property
    def is_narrow(self) -> bool:
        """Whether anything is asked for but all of it."""
        return bool(self.name or self.person_id or self.typed)


def _moment(text: str) -> tuple[datetime, datetime] | None:
    for form, length in _FORMS:
        try:
            start = datetime.strptime(text, form).replace(tzinfo=UTC)
            return start, start + length
        except (ValueError, OverflowError):
            continue
    return None
