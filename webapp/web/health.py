"""For the operator's probes: is the process alive, are its parts there."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from webapp.domain import checks

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Database and Redis answer; 503 when the database does not, as nothing works without it."""
    found = checks.parts()
    return jsonify(found), 200 if found["database"] == "ok" else 503
