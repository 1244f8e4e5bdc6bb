"""A copy of the signed-in user's data."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from webapp.domain.privacy import own_copy
from webapp.web import limits, scope

blueprint = Blueprint("account_data", __name__, url_prefix="/account")


@blueprint.get("/data.json")
@limits.exports
def export() -> Response:
    """Everything that is stored about the signed-in user, as a file."""
    response = jsonify(own_copy.export(scope.me()))
    response.headers["Content-Disposition"] = 'attachment; filename="gatehouse-my-data.json"'
    return response
