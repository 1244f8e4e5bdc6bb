"""What programs send, read strictly: JSON objects, and what the schemas make of them."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import flask_smorest
from flask import Request, abort, g, request
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser

from webapp.web.api.problems import Invalid, Unreadable

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
    """The request's query, each name once."""
    if "query" not in g:
        g.query = request.args.to_dict()
    found: dict[str, str] = g.query
    return found


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
    """A part of the API: views whose arguments and answers are described where they stand."""

    ARGUMENTS_PARSER = Parser()

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
        found = json.loads(raw.decode("utf-8"), parse_constant=_no_number)
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
