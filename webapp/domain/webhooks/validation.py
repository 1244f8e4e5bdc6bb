"""Checking what an admin typed for a webhook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from webapp import egress
from webapp.domain import texts
from webapp.domain.errors import Objections, Refusal
from webapp.domain.webhooks import addresses, payloads
from webapp.languages import gettext

NAME_MOST = 100


def checked(url: str | None, name: str | None, event_names: Sequence[str] | None) -> dict[str, Any]:
    """The webhook's columns for what was typed; raises Refusals. Asks DNS last."""
    objections, way = Objections(), egress.way()
    columns: dict[str, Any] = {"events": None}
    with objections:
        columns["url"] = addresses.parse(url, way)
    with objections:
        columns["name"] = texts.one_line(
            name, field="name", label=gettext("The name"), most=NAME_MOST
        )
    with objections:
        if event_names is not None:
            columns["events"] = _checked_events(event_names)
    objections.settle()
    addresses.look_up(columns["url"], way)
    return columns


def _checked_events(event_names: Sequence[str]) -> list[str]:
    all_names = payloads.names()
    if not event_names or set(event_names) - set(all_names):
        words = gettext("Choose at least one event from the list, or choose all events.")
        raise Refusal(words, "events")
    return [name for name in all_names if name in event_names]
