"""For the operator's probes: is the process alive, do its parts work."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from webapp.domain.operations import checks
from webapp.domain.operations.checks import Part
from webapp.web import moments

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Each part in a word; 503 only when a part is missing without which no page works."""
    found = checks.parts()
    status = checks.status(found)
    known = {part.name: part for part in found}
    said: dict[str, Any] = {part.name: part.word for part in found}
    said["words"] = [part.sentence for part in found if part.sentence]
    said["queue_age_seconds"] = known["queue"].seconds
    said["oldest_due_delivery"] = _moment(known["mail"])
    said["last_scheduler_run"] = _moment(known["scheduler"])
    return jsonify(status=status, **said), 503 if status == "not ready" else 200


def _moment(part: Part) -> str | None:
    return moments.iso(part.at) if part.at else None
