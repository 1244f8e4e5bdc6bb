"""What an admin typed about a webhook, as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from webapp import egress
from webapp.domain import texts
from webapp.domain.errors import Objections, Refusal
from webapp.domain.webhooks import addresses, payloads

NAME_MOST = 100


def checked(url: str | None, name: str | None, wanted: Sequence[str] | None) -> dict[str, Any]:
    """What was typed, as it is kept; raises Refusals. Asks DNS when all else is right."""
    wrong, way = Objections(), egress.way()
    kept: dict[str, Any] = {"events": None}
    with wrong:
        kept["url"] = addresses.parse(url, way)
    with wrong:
        kept["name"] = texts.one_line(name, field="name", label="The name", most=NAME_MOST)
    with wrong:
        if wanted is not None:
            kept["events"] = _named(wanted)
    wrong.settle()
    addresses.look_up(kept["url"], way)
    return kept


def _named(wanted: Sequence[str]) -> list[str]:
    known = payloads.names()
    if not wanted or set(wanted) - set(known):
        raise Refusal("Choose at least one event of the list, or all events.", "events")
    return [name for name in known if name in wanted]
