"""The headers of every answer: security policies and caching."""

from __future__ import annotations

from flask import Response, request

from webapp import config, trace
from webapp.web import request_log

# Everything comes from this host and nothing is inline, so nothing injected runs.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def finish(response: Response) -> Response:
    """Set the headers, and log the request."""
    headers = response.headers
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    # Links carry tokens in their query, so no address is sent on (rule 5).
    headers["Referrer-Policy"] = "no-referrer"
    if config.current().https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    elif response.status_code == 200:
        # Read it now, so that it is compressed like a page and its file is closed.
        response.direct_passthrough = False
        response.get_data()
    if request.endpoint not in ("static", "health.alive"):
        request_log.note(response.status_code)
    headers["X-Request-ID"] = trace.current().request_id
    return response
