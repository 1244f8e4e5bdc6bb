"""The audit trail, for an organization's admins."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request, stream_with_context
from werkzeug.wrappers import Response as AnyResponse

from webapp import languages
from webapp.domain import events
from webapp.domain.audit import event_table, exports
from webapp.domain.audit.filters import EventFilters
from webapp.domain.events import names, sentences
from webapp.languages import ENGLISH
from webapp.web import limits, pages, scope
from webapp.web.pages import Fragment

blueprint = Blueprint("audit", __name__, url_prefix="/orgs/<slug:slug>/audit")

TRAIL = Fragment("audit/_list.html", "#trail", has_address=True)


@blueprint.get("")
def index(slug: str) -> Response:
    """The trail: filtered, newest first, page by page."""
    organization, query, filters = scope.organization(), request.args, _filters()
    page = event_table.page(
        organization,
        filters,
        after=query.get("after"),
        before=query.get("before"),
        last="last" in query,
    )
    return pages.render(
        "audit/index.html",
        fragment=TRAIL,
        page=page,
        filters=filters,
        lines=[(event, sentences.sentence(event, actor)) for event, actor in page.rows],
        names=_names(filters.name),
        people=event_table.persons(organization, filters.person_id),
        status=422 if filters.wrong else 200,
    )


@blueprint.get("/trail.<any(csv, jsonl):form>")
@limits.exports
def export(slug: str, form: str) -> AnyResponse:
    """All of the same events as a file."""
    filters = _filters()
    if filters.wrong:
        return pages.go(f"{request.path.rpartition('/')[0]}?{request.query_string.decode()}")
    body = exports.take(scope.organization(), form, filters, by=scope.me())
    response = current_app.response_class(stream_with_context(body), mimetype=exports.TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-audit.{form}"'
    return response


def _names(asked: str | None) -> list[tuple[str, str]]:
    """Every event's name with its words, in the order of the alphabet; also the one asked for."""
    found = [(name, names.called(name)) for name in {*events.EVENTS, *filter(None, [asked])}]
    place = 0 if languages.current() is ENGLISH else 1
    return sorted(found, key=lambda one: one[place].lower())


def _filters() -> EventFilters:
    query = request.args
    return EventFilters.of(
        name=event_table.named(scope.organization(), query.get("name")),
        person_id=pages.row_id(query.get("person")),
        address=query.get("address"),
        since=query.get("from"),
        until=query.get("to"),
    )
