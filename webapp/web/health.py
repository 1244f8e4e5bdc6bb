"""Health checks for the operator: whether the process runs, and whether its parts work."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from webapp.domain.operations import checks, web_check
from webapp.domain.operations.checks import Part
from webapp.web import moments

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers; the doctor's question as well, by which it knows its own."""
    answer = web_check.answer(request.headers.get(web_check.HEADER, ""))
    return jsonify(status="alive", answer=answer) if answer else jsonify(status="alive")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Each part in a word; 503 only without a part that every page needs."""
    parts = checks.parts()
    status = checks.status(parts)
    by_name = {part.name: part for part in parts}
    facts: dict[str, Any] = {part.name: part.word for part in parts}
    facts["words"] = [part.sentence for part in parts if part.sentence]
    facts["queue_age_seconds"] = by_name["queue"].seconds
    facts["oldest_due_delivery"] = _moment(by_name["mail"])
    facts["last_scheduler_run"] = _moment(by_name["scheduler"])
    return jsonify(status=status, **facts), 503 if status == "not ready" else 200


def _moment(part: Part) -> str | None:
    return moments.iso(part.at) if part.at else None
