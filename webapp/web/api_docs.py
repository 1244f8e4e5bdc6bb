"""The API's OpenAPI document, and its documentation page."""

from __future__ import annotations

import json
import shlex
from typing import Any

from flask import Blueprint, Response, jsonify
from markupsafe import Markup, escape

from webapp import config
from webapp.web import pages
from webapp.web.api import aliases, document
from webapp.web.api.problem_kinds import KINDS

blueprint = Blueprint("docs", __name__, url_prefix="/api/v1")

Json = dict[str, Any]


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The OpenAPI document."""
    return jsonify(document.of_app())


@blueprint.get("/docs")
def show() -> Response:
    """The documentation page, rendered from the document."""
    openapi = document.of_app()
    sections: dict[str, list[Json]] = {tag["name"]: [] for tag in openapi["tags"]}
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            sections[operation["tags"][0]].append(_operation(openapi, path, method, operation))
    return pages.render(
        "api_docs/index.html",
        about=openapi["info"]["description"],
        tags=openapi["tags"],
        sections=sections,
        kinds=KINDS,
        aliases=aliases.ALIASES,
        base=config.current().public_url,
        coded=_with_code,
    )


def _with_code(text: str) -> Markup:
    """Text with its `words` set as code; everything is escaped."""
    parts = str(escape(text)).split("`")
    code = (f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))
    return Markup("".join(code))  # noqa: S704 - escaped above


def _operation(openapi: Json, path: str, method: str, operation: Json) -> Json:
    """What the page shows of one operation."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    success = next(s for s in operation["responses"] if s.startswith("2"))
    answer = operation["responses"][success].get("content", {}).get("application/json", {})
    return {
        "id": operation["operationId"].replace(".", "-"),
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "scope": _scope(operation),
        "parameters": operation.get("parameters", []),
        "fields": _fields(openapi, body.get("schema", {})),
        "success": success,
        "answer": _fields(openapi, answer.get("schema", {})),
        "problems": [s for s in operation["responses"] if s >= "400"],
        "curl": _curl(path, method, operation, body.get("example")),
    }


def _scope(operation: Json) -> str:
    if not operation["security"]:
        return "none needed"
    scopes = operation["security"][0]["bearer"]
    return scopes[0] if scopes else "any key or session"


def _fields(openapi: Json, schema: Json) -> list[Json]:
    """The fields of a schema, each with its type in words."""
    schema = _resolved(openapi, schema)
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "type": _type(openapi, field),
            "required": name in required,
            "about": field.get("description", ""),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _type(openapi: Json, field: Json) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        return " or ".join(_type(openapi, choice) for choice in field["anyOf"])
    if "enum" in field:
        return ", ".join(str(value) for value in field["enum"] if value is not None)
    kind = field.get("type", "object")
    kinds = kind if isinstance(kind, list) else [kind]
    if "array" in kinds:
        return f"list of {_type(openapi, field['items'])}"
    return " or ".join(kinds)


def _resolved(openapi: Json, schema: Json) -> Json:
    name = schema.get("$ref", "").rpartition("/")[2]
    resolved: Json = openapi["components"]["schemas"][name] if name else schema
    return resolved


def _curl(path: str, method: str, operation: Json, example: Any) -> str:
    """A command that works when it is pasted, with the key in an environment variable."""
    address = config.current().public_url + path
    for parameter in operation.get("parameters", []):
        name = parameter["name"]
        address = address.replace(f"{{{name}}}", "1")
        if parameter.get("required") and parameter["in"] == "query":
            address += f"?{name}=…"
    words = ["curl"] + ([] if method == "get" else ["-X", method.upper()])
    line = f"{shlex.join(words)} {shlex.quote(address)}"
    if operation["security"]:
        line += ' \\\n  -H "Authorization: Bearer $GATEHOUSE_KEY"'
    if example is not None:
        body = shlex.quote(json.dumps(example, ensure_ascii=False))
        line += f" \\\n  -H 'Content-Type: application/json' \\\n  -d {body}"
    return line
