"""The headers of every answer: security policies and caching."""

from __future__ import annotations

from flask import Response, request

from webapp import config, trace
from webapp.web import csp_reports, forwarded, request_log

# Sent with every answer, whatever its kind or status (OWASP ASVS 3.4).
ALWAYS = {
    # Everything comes from this host and nothing is inline, so nothing injected runs.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Links carry tokens in their query, so no address is sent on (rule 5).
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
OVER_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}
NOT_KEPT = {"Cache-Control": "no-store"}  # by browsers and proxies: all but static files


def finish(response: Response) -> Response:
    """Set the headers, and log the request."""
    headers = response.headers
    headers.update(ALWAYS)
    if config.current().csp_reports:
        headers["Content-Security-Policy"] += f"; report-uri {csp_reports.PATH}; report-to csp"
        headers["Reporting-Endpoints"] = f'csp="{csp_reports.PATH}"'
    # On an application's host that is for its own proxy to say.
    if config.current().https and not forwarded.is_asked():
        headers.update(OVER_HTTPS)
    if request.endpoint != "static":
        headers.update(NOT_KEPT)
    elif response.status_code == 200:
        # Read it now, so that it is compressed like a page and its file is closed.
        response.direct_passthrough = False
        response.get_data()
    if request.endpoint not in ("static", "health.alive"):
        request_log.note(response.status_code)
    headers["X-Request-ID"] = trace.current().request_id
    return response
