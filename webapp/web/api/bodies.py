"""What programs send, read strictly: JSON objects that the schemas then check."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn

import flask_smorest
from flask import Request, abort, g, request
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser

from webapp.web.api.problems import Contradiction, Invalid, Unreadable

SENT_TWICE = "This was sent more than once. Send it only once."
NO_PARAMETERS = "This call takes none."
BULK_BYTES = 8 * 1024 * 1024  # a thousand people with messages of a thousand letters


def read() -> dict[str, Any]:
    """The request's JSON object, read once; an empty body is an empty object.

    Raises Unreadable, Invalid for JSON that is no object, 413, or 415 for another content type.
    """
    if "body" not in g:
        g.body = _object(request.get_data())
    body: dict[str, Any] = g.body
    return body


def query() -> dict[str, str]:
    """The request's query; raises Invalid when a name is in it more than once."""
    if "query" not in g:
        repeated = [name for name, values in request.args.lists() if len(values) > 1]
        if repeated:
            raise Invalid({"query": {name: [SENT_TWICE] for name in repeated}})
        g.query = request.args.to_dict()
    parameters: dict[str, str] = g.query
    return parameters


def refuse_contradictions(addressed: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
    """Refuse a name with different values in the address, its query and the body.

    Whichever of them the view used, a limit, a log or a proxy may have read another.
    """
    places = (addressed, query(), sent)
    for name in {name: None for place in places for name in place}:
        if len({_text(place[name]) for place in places if name in place}) > 1:
            raise Contradiction(name)


def refuse_unknown(view: Any, *, is_strict: bool) -> None:
    """Refuse parameters that the view does not know, and a body where it takes none.

    The names in a body that it takes are checked by its schema. Unless `is_strict`, a body that
    the view does not take is ignored.
    """
    takes: Mapping[str, frozenset[str]] = getattr(view, "takes", {})
    allowed = takes.get("query", frozenset())
    unknown = [name for name in query() if name not in allowed]
    if unknown:
        words = f"This call takes: {', '.join(sorted(allowed))}." if allowed else NO_PARAMETERS
        raise Invalid({"query": {name: [f"Unknown parameter. {words}"] for name in unknown}})
    if is_strict and "json" not in takes and read():
        raise Invalid({"json": {name: ["Unknown field."] for name in read()}})


class Parser(FlaskParser):
    """webargs' parser over our own reading of body and query, raising our own problems."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body, which is read once."""
        return read()

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """The query, which is read once."""
        return query()

    def handle_error(
        self, error: ValidationError, req: Request, schema: Schema, **_: Any
    ) -> NoReturn:
        """Turn what the schema finds wrong into a problem document."""
        raise Invalid(error.messages)  # type: ignore[arg-type]


class Blueprint(flask_smorest.Blueprint):
    """A part of the API: views that describe their arguments and answers themselves."""

    ARGUMENTS_PARSER = Parser()

    def arguments(self, schema: Any, *, location: str = "json", **kw: Any) -> Any:
        """flask-smorest's own; it also notes on the view which names it takes from where."""
        decorate = super().arguments(schema, location=location, **kw)
        names = frozenset(field.data_key or name for name, field in schema().fields.items())

        def decorate_and_note(view: Any) -> Any:
            wrapped = decorate(view)
            wrapped.takes = {**getattr(view, "takes", {}), location: names}
            return wrapped

        return decorate_and_note

    def add_url_rule(
        self, rule: str, endpoint: Any = None, view_func: Any = None, **kw: Any
    ) -> None:
        """Without Flask's answer to OPTIONS: no page of another site may call the API."""
        view_func.provide_automatic_options = False
        super().add_url_rule(rule, endpoint, view_func, **kw)


def _object(raw: bytes) -> dict[str, Any]:
    if not raw:
        return {}
    if request.mimetype != "application/json":
        abort(415)
    try:
        text = raw.decode("utf-8")
        body = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique)
        # Half a surrogate pair is not text: no database or mail could hold it.
        json.dumps(body, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise Unreadable("The body is nested too deeply.") from None
    except ValueError:
        raise Unreadable("The body is not JSON in UTF-8.") from None
    if not isinstance(body, dict):
        raise Invalid({"json": {"_schema": ["The body must be a JSON object."]}})
    return body


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, with each name once: parsers differ in which value counts (RFC 8259 4)."""
    values = dict(pairs)
    if len(values) < len(pairs):
        names = Counter(name for name, _ in pairs)
        repeated = ascii(next(name for name, count in names.items() if count > 1)[:100])
        raise Unreadable(f"An object in the body contains {repeated} more than once.")
    return values


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
