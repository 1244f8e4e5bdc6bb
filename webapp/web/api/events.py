"""The API for the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from webapp.domain.audit import event_table
from webapp.domain.audit.filters import EventFilters
from webapp.web import limits
from webapp.web.api import guard, paging, request_schemas
from webapp.web.api.bodies import Blueprint
from webapp.web.api.problems import Invalid
from webapp.web.api.response_schemas.events import EventsSchema

blueprint = Blueprint("api_events", __name__, url_prefix="/api/v1/events")
limits.calls(blueprint)
limits.unknown_calls(blueprint)


@blueprint.get("")
@blueprint.arguments(request_schemas.EventQuery, location="query")
@blueprint.response(200, EventsSchema)
def index(query: dict[str, Any]) -> Any:
    """Read the audit trail

    What happened in the organization, newest first. To poll for new events, send the `at` of the
    newest event you have seen as `after`.
    """
    cursor = query.get("cursor")
    if cursor is not None and not event_table.is_place(cursor):
        raise paging.refuse_cursor()
    organization = guard.organization()
    name = event_table.named(organization, query.get("name"))
    if name is None and "name" in query:
        raise Invalid({"query": {"name": ["There is no event with this name."]}})
    filters = EventFilters(name=name, since=_since(query.get("after")))
    page = event_table.page(organization, filters, after=cursor, size=query["limit"])
    return paging.answer(page.rows, page.next)


def _since(after: datetime | None) -> datetime | None:
    try:
        return after.astimezone(UTC) + timedelta(microseconds=1) if after else None
    except OverflowError:  # at the ends of the calendar
        raise Invalid({"query": {"after": ["This time does not exist."]}}) from None
