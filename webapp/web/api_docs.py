"""The API's document for programs, and the page that says the same to people."""

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
    """The documentation, made from the document."""
    made = document.of_app()
    sections: dict[str, list[Json]] = {tag["name"]: [] for tag in made["tags"]}
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            sections[operation["tags"][0]].append(_operation(made, path, method, operation))
    return pages.render(
        "api_docs/index.html",
        about=made["info"]["description"],
        tags=made["tags"],
        sections=sections,
        kinds=KINDS,
        aliases=aliases.ALIASES,
        base=config.current().public_url,
        coded=_coded,
    )


def _coded(text: str) -> Markup:
    """Prose whose `words` are set as code; everything else in it is escaped."""
    parts = str(escape(text)).split("`")
    code = (f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))
    return Markup("".join(code))  # noqa: S704 - escaped above


def _operation(made: Json, path: str, method: str, operation: Json) -> Json:
    """What the page says of one operation."""
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
        "fields": _fields(made, body.get("schema", {})),
        "success": success,
        "answer": _fields(made, answer.get("schema", {})),
        "problems": [s for s in operation["responses"] if s >= "400"],
        "curl": _curl(path, method, operation, body.get("example")),
    }


def _scope(operation: Json) -> str:
    if not operation["security"]:
        return "anybody"
    scopes = operation["security"][0]["bearer"]
    return scopes[0] if scopes else "any key or session"


def _fields(made: Json, schema: Json) -> list[Json]:
    """The fields of a schema, each with its type in words."""
    schema = _followed(made, schema)
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "type": _type(made, field),
            "required": name in required,
            "about": field.get("description", ""),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _type(made: Json, field: Json) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        return " or ".join(_type(made, one) for one in field["anyOf"])
    if "enum" in field:
        return ", ".join(str(one) for one in field["enum"] if one is not None)
    kind = field.get("type", "object")
    kinds = kind if isinstance(kind, list) else [kind]
    if "array" in kinds:
        return f"list of {_type(made, field['items'])}"
    return " or ".join(kinds)


def _followed(made: Json, schema: Json) -> Json:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Json = made["components"]["schemas"][name] if name else schema
    return found


def _curl(path: str, method: str, operation: Json, example: Any) -> str:
    """A command that works when it is pasted, with the key in an environment variable."""
    address = config.current().public_url + path
    for one in operation.get("parameters", []):
        address = address.replace(f"{{{one['name']}}}", "1")
        if one.get("required") and one["in"] == "query":
            address += f"?{one['name']}=…"
    words = ["curl"] + ([] if method == "get" else ["-X", method.upper()])
    line = f"{shlex.join(words)} {shlex.quote(address)}"
    if operation["security"]:
        line += ' \\\n  -H "Authorization: Bearer $GATEHOUSE_KEY"'
    if example is not None:
        body = shlex.quote(json.dumps(example, ensure_ascii=False))
        line += f" \\\n  -H 'Content-Type: application/json' \\\n  -d {body}"
    return line
