"""Lists of the API: their cursors and their Link headers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request

from webapp import config
from webapp.domain import links, pagination
from webapp.domain.errors import NotFound
from webapp.domain.groups import choices
from webapp.web.api import bodies, guard
from webapp.web.api.problems import Invalid


def answer(rows: Sequence[Any], following: str | None) -> tuple[dict[str, Any], int, Any]:
    """The page with its status and its Link headers (RFC 8288)."""
    links = []
    query = {name: value for name, value in bodies.query().items() if name != "cursor"}
    address = config.current().public_url + request.path
    if following is not None:
        links.append(f'<{address}?{urlencode({**query, "cursor": following})}>; rel="next"')
    first = f"{address}?{urlencode(query)}" if query else address
    links.append(f'<{first}>; rel="first"')
    return {"items": rows, "next": following}, 200, {"Link": ", ".join(links)}


def by_slug(query: dict[str, Any]) -> dict[str, Any]:
    """Which page of a list by slug is asked for; raises Invalid for a cursor of another one."""
    cursor = query.get("cursor")
    if cursor is not None and not pagination.is_slug_place(cursor):
        raise refuse_cursor()
    return {"after": cursor or None, "size": query["limit"]}


def refuse_cursor() -> Invalid:
    """The error for a cursor that is not ours, or belongs to another order of the list."""
    return Invalid(
        {"query": {"cursor": ["This cursor does not belong to this list. Start without one."]}}
    )


def group_id(slug: str | None) -> int | None:
    """The group that a list is asked for; raises Invalid when there is none with that slug."""
    found = choices.filtered(guard.organization(), slug)
    if found == 0:
        raise Invalid({"query": {"group": ["There is no such group in this organization."]}})
    return found


def link_id(number: int | None) -> int | None:
    """The join link that a list is asked for; raises Invalid when there is none with that id."""
    if number is None:
        return None
    try:
        return links.find(guard.organization(), number).id
    except NotFound:
        words = "There is no such join link in this organization."
        raise Invalid({"query": {"link": [words]}}) from None
