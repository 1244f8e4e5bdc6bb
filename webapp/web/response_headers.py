"""The headers of every answer: what browsers may do with it, and how long it is kept."""

from __future__ import annotations

from flask import Response, request

from webapp import config, trace
from webapp.web import request_log

# Everything comes from here; nothing is written inline, so nothing injected runs.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def finish(response: Response) -> Response:
    """Set them, and note the request in the log."""
    headers = response.headers
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    # Links carry tokens in their query: nobody hears where a request came from (rule 5).
    headers["Referrer-Policy"] = "no-referrer"
    if config.current().https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    elif response.status_code == 200:
        # Read at once: it is packed like a page then, and its file closed with the answer.
        response.direct_passthrough = False
        response.get_data()
    if request.endpoint not in ("static", "health.alive"):
        request_log.note(response.status_code)
    headers["X-Request-ID"] = trace.current().request_id
    return response
