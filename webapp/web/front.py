"""What happens around every request."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from flask import Flask, Response, abort, request
from werkzeug.wrappers import Response as AnyResponse

from webapp import trace
from webapp.config import Settings
from webapp.web import (
    admission,
    arrival,
    bulk_imports,
    failures,
    forwarded,
    heads,
    hosts,
    language,
    last_activity,
    limits,
    mailbox,
    origin,
    other_sites,
    pages,
    passes,
    request_log,
    request_spans,
    response_headers,
    styleguide,
)
from webapp.web.access import ACCESS
from webapp.web.api import aliases, bodies, document, guard
from webapp.web.converters import CONVERTERS
from webapp.web.form_sessions import FormSessions
from webapp.web.forms import double_submission, kept
from webapp.web.parts import PARTS

# Uploads: their views read the body in pieces, once the sender is known.
UPLOADS = {
    "bulk_imports.read": bulk_imports.BODY_BYTES,
    "api_invitations.create_many": bodies.BULK_BYTES,
}

_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


def mount(app: Flask, settings: Settings, version: str) -> None:
    """Register all routes; fails when the access table lacks one."""
    # Merging would redirect //login to whatever host the request names.
    app.url_map.merge_slashes = False
    app.url_map.converters.update(CONVERTERS)
    app.session_interface = FormSessions()
    pages.start(app, version)
    language.start(app)
    for part in PARTS:
        app.register_blueprint(part.blueprint)
    app.jinja_env.globals["arrived"] = arrival.here
    if settings.gatehouse_env == "development" and settings.is_local:
        app.register_blueprint(mailbox.blueprint)
    if settings.gatehouse_env == "development":
        app.register_blueprint(styleguide.blueprint)
    document.mount(app)
    aliases.mount(app)
    missing = set(app.view_functions) - set(ACCESS)
    if missing:
        raise RuntimeError(f"no row in the access table: {', '.join(sorted(missing))}")
    guard.check(app)
    _add_hooks(app, settings)
    failures.mount(app)
    app.wsgi_app = passes.before(app, app.wsgi_app)  # type: ignore[assignment, method-assign]


def _add_hooks(app: Flask, settings: Settings) -> None:
    app.before_request(_begin)
    app.before_request(hosts.refuse_others)
    limits.start(app, settings)
    for check in (other_sites.refuse, _refuse_broken_text, _admit, heads.refuse):
        app.before_request(check)
    app.after_request(last_activity.note)
    app.after_request(kept.finish)
    app.after_request(response_headers.finish)
    app.after_request(_finish_call)
    app.after_request(double_submission.finish)
    app.teardown_request(_end)


def _begin() -> None:
    # Some programs send bytes that no address may have (RFC 3986). Werkzeug would read them as
    # UTF-8, and fail where they are not.
    encoded = _BEYOND_ASCII.sub(lambda byte: b"%%%02X" % ord(byte[0]), request.query_string)
    request.query_string = encoded
    request_log.begin()
    trace.begin(trace.new_id(), origin.address(), request.headers.get("User-Agent", ""))
    request_spans.begin()
    origin.note()


def _end(_: object) -> None:
    request_spans.end()
    trace.end()


def _refuse_broken_text() -> None:
    """Refuse forms that are not UTF-8; werkzeug would leave them percent-encoded.

    Reading the body here also refuses one that is too large, whether or not the view reads it.
    """
    if request.endpoint == "gate.check":
        return
    if request.endpoint in UPLOADS:
        request.max_content_length = request.max_form_memory_size = UPLOADS[request.endpoint]
    elif request.method == "POST":
        body = request.get_data(parse_form_data=False)
        if request.mimetype == "application/x-www-form-urlencoded":
            try:
                unquote_to_bytes(body).decode("utf-8")
            except UnicodeDecodeError:
                abort(400)


def _admit() -> AnyResponse | None:
    if forwarded.is_asked():
        return None
    if guard.is_endpoint():
        return guard.admit()
    return (
        double_submission.earlier_answer()
        or admission.admit()
        or double_submission.claim(admission.admit)
    )


def _finish_call(response: Response) -> Response:
    return guard.finish(response) if guard.is_call() else response
