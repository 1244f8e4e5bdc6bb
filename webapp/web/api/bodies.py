"""What programs send, read strictly: JSON objects, and what the schemas make of them."""

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

DOUBLED = "This was sent more than once. Send it once."
NONE = "There are none here."
BULK_BYTES = 8 * 1024 * 1024  # a thousand people with messages of a thousand letters


def read() -> dict[str, Any]:
    """The request's JSON object, read once; an empty body is an empty object.

    Raises Unreadable, Invalid for JSON that is no object, 413, or 415 for another kind.
    """
    if "body" not in g:
        g.body = _object(request.get_data())
    found: dict[str, Any] = g.body
    return found


def query() -> dict[str, str]:
    """The request's query; raises Invalid when a name is in it more than once."""
    if "query" not in g:
        doubled = [name for name, values in request.args.lists() if len(values) > 1]
        if doubled:
            raise Invalid({"query": {name: [DOUBLED] for name in doubled}})
        g.query = request.args.to_dict()
    found: dict[str, str] = g.query
    return found


def refuse_contradictions(addressed: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
    """Refuse what is said twice and differently: in the address, in its query and in the body.

    Whichever of them would be used, a limit, a log or a proxy may have read another.
    """
    places = (addressed, query(), sent)
    for name in {name: None for place in places for name in place}:
        if len({_text(place[name]) for place in places if name in place}) > 1:
            raise Contradiction(name)


def refuse_unknown(view: Any, *, is_strict: bool) -> None:
    """Refuse parameters that the view does not know, and a body's names where it takes no body.

    Names in a body that it does take are its schema's matter. Unless `is_strict`, a body is left
    out where none is taken.
    """
    takes: Mapping[str, frozenset[str]] = getattr(view, "takes", {})
    known = takes.get("query", frozenset())
    foreign = [name for name in query() if name not in known]
    if foreign:
        words = f"There are only these here: {', '.join(sorted(known))}." if known else NONE
        raise Invalid(
            {"query": {name: [f"This parameter is not known. {words}"] for name in foreign}}
        )
    if is_strict and "json" not in takes and read():
        raise Invalid({"json": {name: ["Unknown field."] for name in read()}})


class Parser(FlaskParser):
    """webargs' parser over our own reading of body and query, raising our own problems."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body, as it was read already."""
        return read()

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """The query, as it was read already."""
        return query()

    def handle_error(
        self, error: ValidationError, req: Request, schema: Schema, **_: Any
    ) -> NoReturn:
        """What the schema says is wrong becomes a problem document."""
        raise Invalid(error.messages)  # type: ignore[arg-type]


class Blueprint(flask_smorest.Blueprint):
    """A part of the API: views that describe their arguments and answers themselves."""

    ARGUMENTS_PARSER = Parser()

    def arguments(self, schema: Any, *, location: str = "json", **kw: Any) -> Any:
        """As flask-smorest has it; the view remembers which names it takes from where."""
        decorate = super().arguments(schema, location=location, **kw)
        names = frozenset(field.data_key or name for name, field in schema().fields.items())

        def remember(view: Any) -> Any:
            wrapped = decorate(view)
            wrapped.takes = {**getattr(view, "takes", {}), location: names}
            return wrapped

        return remember

    def add_url_rule(
        self, rule: str, endpoint: Any = None, view_func: Any = None, **kw: Any
    ) -> None:
        """Without Flask's own answer to OPTIONS: no other site's page has business here."""
        view_func.provide_automatic_options = False
        super().add_url_rule(rule, endpoint, view_func, **kw)


def _object(raw: bytes) -> dict[str, Any]:
    if not raw:
        return {}
    if request.mimetype != "application/json":
        abort(415)
    try:
        text = raw.decode("utf-8")
        found = json.loads(text, parse_constant=_no_number, object_pairs_hook=_once)
        # Half a surrogate pair is no text: no database and no mail could hold it.
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise Unreadable("The body is nested too deeply.") from None
    except ValueError:
        raise Unreadable("The body is not JSON in UTF-8.") from None
    if not isinstance(found, dict):
        raise Invalid({"json": {"_schema": ["The body has to be a JSON object."]}})
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's names and values; parsers differ in which of two values counts (RFC 8259 4)."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = Counter(name for name, _ in pairs)
        shown = ascii(next(name for name, count in names.items() if count > 1)[:100])
        raise Unreadable(f"An object of the body has the name {shown} more than once.")
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
