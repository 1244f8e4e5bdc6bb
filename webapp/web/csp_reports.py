"""What browsers report that a page's security policy blocked; off unless it is switched on."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request

from webapp import config
from webapp.web import limits

blueprint = Blueprint("csp_reports", __name__)
log = logging.getLogger("gatehouse.web")

PATH = "/csp-reports"
BYTES = 16 * 1024
MOST = 20  # of one request; browsers send those of a page together

_WORD = re.compile(r"[a-z-]{1,40}")


@blueprint.post(PATH)
@limits.csp_reports
def take() -> Response:
    """Log what was blocked, in the form of CSP Level 3 or of the Reporting API; always 204.

    404 while CSP_REPORTS is off, and 400 for what is no report. Only the directive and the origin
    of what was blocked are logged: whole addresses carry tokens.
    """
    if not config.current().csp_reports:
        abort(404)
    raw = request.get_data()
    try:
        found = list(_blocked(json.loads(raw) if len(raw) <= BYTES else None))
    except (ValueError, RecursionError):
        abort(400)
    for directive, origin in found[:MOST]:
        log.warning("a page's policy (%s) blocked %s", directive, origin)
    return Response(status=204)


def _blocked(said: Any) -> Iterator[tuple[str, str]]:
    """The directives and what they blocked; raises ValueError for anything else."""
    reports = said if isinstance(said, list) else [said]
    for report in reports:
        if not isinstance(report, Mapping):
            raise ValueError("not a report")
        body = report.get("csp-report") or report.get("body")
        if not isinstance(body, Mapping):
            raise ValueError("not a report")
        directive = body.get("effective-directive") or body.get("effectiveDirective")
        directive = directive or body.get("violated-directive")
        yield _word(directive), _origin(body.get("blocked-uri") or body.get("blockedURL"))


def _word(text: Any) -> str:
    found = _WORD.match(text) if isinstance(text, str) else None
    return found[0] if found else "unknown"


def _origin(text: Any) -> str:
    """Scheme and host of an address; a word such as `inline` as it is."""
    if not isinstance(text, str):
        return "unknown"
    if _WORD.fullmatch(text):
        return text
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna").decode()[:253]
    except ValueError:
        return "unknown"
    return f"{_word(parts.scheme)}://{host}" if host else _word(parts.scheme)
