"""The OpenAPI document: made from the views themselves, and completed from the access table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask, current_app
from flask_smorest import Api
from werkzeug.routing import Rule

from webapp import config
from webapp.web.access import ACCESS, ANYONE, CALLS, USER
from webapp.web.api import (
    acceptances,
    applications,
    document_links,
    events,
    groups,
    invitations,
    join_links,
    members,
    problems,
    reports,
    sessions,
)
from webapp.web.api.document_tags import TAGS
from webapp.web.api.problem_kinds import KINDS
from webapp.web.api.response_schemas.problems import ProblemSchema
from webapp.web.converters import BIGGEST_ID, IdConverter, SlugConverter

PARTS = (
    *(invitations, acceptances, join_links, members, groups, applications),
    *(events, reports, sessions),
)
ABOUT = (
    "Lets programs do what admins do on the pages, under the same rules. Send "
    "`Authorization: Bearer` with an API key from the organization's settings, or with the token "
    "of a session."
)
IDS = {"minimum": 1, "maximum": BIGGEST_ID}
SLUGS = f"^{SlugConverter.regex}$"
PROBLEM = {"$ref": "#/components/schemas/Problem"}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "For 24 hours, a request repeated with the same key and body is done only once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag you got. The answer is 412 if somebody has changed it since.",
    "schema": {"type": "string"},
}
IF_NONE_MATCH = {**IF_MATCH, "name": "If-None-Match"} | {
    "description": "The ETag you have. The answer is 304 if nothing has changed."
}
ETAG = {"description": "Identifies the current version.", "schema": {"type": "string"}}
SINGLE = {
    "Invitation",
    "InvitationMade",
    "Member",
    "Group",
}  # schemas of answers about one resource


class _Api(Api):
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Errors are answered by our own handlers (web/failures.py)."""


class _MainAddresses:
    """Stands for the application in flask-smorest: a view's addresses without its aliases."""

    def __init__(self, app: Flask, prefix: str) -> None:
        self.url_map = self
        self._app, self._prefix = app, prefix

    def iter_rules(self, endpoint: str) -> Iterator[Rule]:
        """The view's addresses below its blueprint's prefix."""
        rules = self._app.url_map.iter_rules(endpoint)
        return (rule for rule in rules if rule.rule.startswith(self._prefix))


def mount(app: Flask) -> None:
    """Register the views of the API with the application."""
    for part in PARTS:
        app.register_blueprint(part.blueprint)


def of_app() -> dict[str, Any]:
    """The document of the running application, made when it is first asked for."""
    if "openapi" not in current_app.extensions:
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        current_app.extensions["openapi"] = _build(app)
    document: dict[str, Any] = current_app.extensions["openapi"]
    return document


def _build(app: Flask) -> dict[str, Any]:
    document = _from_views(app)
    for unused in ("responses", "headers"):
        document["components"].pop(unused, None)
    for unused in ("Error", "PaginationMetadata"):
        document["components"]["schemas"].pop(unused, None)
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        methods = document["paths"].get(path, {}) if rule.endpoint in CALLS else {}
        of_path = methods.pop("parameters", [])
        for operation in methods.values() if of_path else ():
            operation["parameters"] = [*of_path, *operation.get("parameters", [])]
        for method in {verb.lower() for verb in rule.methods or ()} & set(methods):
            _complete(rule.endpoint, method, methods[method])
    return document


def _from_views(app: Flask) -> dict[str, Any]:
    about = {"title": "Gatehouse", "version": "1", "openapi_version": "3.1.0"}
    server = {"url": config.current().public_url}
    info = {"description": ABOUT}
    api = _Api(app, spec_kwargs={**about, "info": info, "servers": [server]})
    api.register_converter(IdConverter, lambda _: {"type": "integer", **IDS})
    api.register_converter(SlugConverter, lambda _: {"type": "string", "pattern": SLUGS})
    spec = api.spec
    spec.components.schema("Problem", schema=ProblemSchema)
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    for part in PARTS:
        name = part.blueprint.name
        addresses = _MainAddresses(app, str(part.blueprint.url_prefix))
        part.blueprint.register_views_in_doc(api, addresses, spec, name=name, parameters=None)
        spec.tag({"name": TAGS[name][0], "description": TAGS[name][1]})
    return dict(spec.to_dict())


def _complete(endpoint: str, method: str, operation: dict[str, Any]) -> None:
    who = ACCESS[endpoint]
    operation["operationId"] = endpoint.removeprefix("api_")
    operation["tags"] = [TAGS[tag][0] for tag in operation["tags"]]
    operation["security"] = [] if who == ANYONE else [{"bearer": [] if who == USER else [who]}]
    if method == "post":
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    _complete_conditions(method, operation)
    for status in _statuses(endpoint, who, method, operation):
        kinds = [f"`{name}`" for name, kind in KINDS.items() if kind.status == status]
        operation["responses"][str(status)] = {
            "description": f"A problem: {', '.join(kinds)}",
            "content": {problems.CONTENT_TYPE: {"schema": PROBLEM}},
        }
    for status, answer in operation["responses"].items():
        links = document_links.of(endpoint)
        if status.startswith("2") and links:
            answer["links"] = links


def _complete_conditions(method: str, operation: dict[str, Any]) -> None:
    """For an answer about one resource: its ETag, and the condition that may be sent."""
    responses = operation["responses"]
    _, answer = next(item for item in responses.items() if item[0].startswith("2"))
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    if schema.get("$ref", "").rpartition("/")[2] not in SINGLE:
        return
    answer["headers"] = {"ETag": ETAG}
    condition = {"get": IF_NONE_MATCH, "patch": IF_MATCH}.get(method)
    if condition is not None:
        operation.setdefault("parameters", []).append(condition)
    if method == "get":
        responses["304"] = {
            "description": "Nothing has changed.",
            "headers": {"ETag": ETAG},
        }


def _statuses(endpoint: str, who: str, method: str, operation: dict[str, Any]) -> list[int]:
    """The problems that the operation may answer with."""
    statuses = {400, 413, 415, 422, 429, 500, 503}
    # Looking at a link needs no token, so none is refused.
    if endpoint != "api_acceptances.validate":
        statuses.add(401)
    if who not in (ANYONE, USER) or endpoint == "api_sessions.end":
        statuses.add(403)
    if endpoint in ("api_acceptances.accept", "api_acceptances.validate"):
        statuses |= {404, 410}
    if any(row.get("in") == "path" for row in operation.get("parameters", ())):
        statuses.add(404)
    if method == "post":
        statuses.add(409)
    if method == "patch":
        statuses.add(412)
    return sorted(statuses)
