"""The page that Prometheus reads."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from webapp import config
from webapp.domain.operations import gauges
from webapp.web import request_metrics

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def show() -> Response:
    """All figures, for callers with METRICS_TOKEN; 404 while that is not set."""
    token = config.current().metrics_token
    if not token:
        abort(404)
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    is_valid = hmac.compare_digest(credentials.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not is_valid:
        answer = current_app.response_class("Send METRICS_TOKEN as a bearer token.\n", 401)
        answer.headers["WWW-Authenticate"] = 'Bearer realm="metrics"'
    else:
        answer = current_app.response_class(request_metrics.text(gauges.take()))
    answer.headers["Content-Type"] = CONTENT_TYPE_PLAIN_0_0_4
    return answer
