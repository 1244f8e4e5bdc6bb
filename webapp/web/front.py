"""What happens around every request, and the registration of all blueprints."""

from __future__ import annotations

import logging
import re
from urllib.parse import unquote_to_bytes

from flask import Flask, Response, abort, request
from werkzeug.wrappers import Response as AnyResponse

from webapp import trace
from webapp.config import Settings
from webapp.web import (
    account,
    account_data,
    account_sessions,
    admission,
    api_docs,
    api_keys,
    audit,
    bulk_actions,
    bulk_imports,
    confirming,
    failures,
    health,
    home,
    invitation_links,
    invitations,
    last_activity,
    leaving,
    limits,
    mail_health,
    mail_templates,
    mailbox,
    members,
    metrics,
    origin,
    pages,
    passwords,
    readdressing,
    registration,
    reports,
    request_log,
    resend_webhook,
    response_headers,
    second_factor,
    settings,
    sign_in,
    unsubscribing,
    webhook_deliveries,
    webhooks,
)
from webapp.web.access import ACCESS
from webapp.web.api import aliases, bodies, document, guard, problems
from webapp.web.converters import IdConverter, SlugConverter
from webapp.web.forms import double_submission, kept

log = logging.getLogger("gatehouse.web")

PARTS = (
    home,
    health,
    metrics,
    sign_in,
    passwords,
    account,
    registration,
    confirming,
    invitations,
    invitation_links,
    bulk_imports,
    readdressing,
    members,
    reports,
    bulk_actions,
    account_sessions,
    account_data,
    leaving,
    second_factor,
    settings,
    unsubscribing,
    resend_webhook,
    mail_templates,
    mail_health,
    webhooks,
    webhook_deliveries,
    api_keys,
    api_docs,
    audit,
)
# Meant for other sites' programs: what they send is signed by us or with our secret.
FROM_ANYWHERE = {"unsubscribing.unsubscribe", "resend_webhook.take"}
# Where files are sent: their views read the body, piece by piece, once it is known who sends it.
UPLOADS = {
    "bulk_imports.read": bulk_imports.BODY_BYTES,
    "api_invitations.create_many": bodies.BULK_BYTES,
}


_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


def mount(app: Flask, settings: Settings, version: str) -> None:
    """Register all pages with the application; fails when the access table misses one."""
    # Merging would redirect //login to whatever host the request names.
    app.url_map.merge_slashes = False
    app.url_map.converters.update(slug=SlugConverter, id=IdConverter)
    pages.start(app, version)
    for part in PARTS:
        app.register_blueprint(part.blueprint)
    if settings.gatehouse_env == "development" and settings.is_local:
        app.register_blueprint(mailbox.blueprint)
    document.mount(app)
    aliases.mount(app)
    missing = set(app.view_functions) - set(ACCESS)
    if missing:
        raise RuntimeError(f"no row in the access table: {', '.join(sorted(missing))}")
    guard.check(app)
    app.before_request(_begin)
    limits.start(app, settings)
    app.before_request(_refuse_other_sites)
    app.before_request(_refuse_broken_text)
    app.before_request(_admit)
    app.after_request(last_activity.note)
    app.after_request(kept.finish)
    app.after_request(response_headers.finish)
    app.after_request(_finish_call)
    app.after_request(double_submission.finish)
    app.teardown_request(lambda _: trace.end())
    failures.mount(app)


def _begin() -> None:
    # Bytes that no address may have (RFC 3986) and some programs send; werkzeug would take them
    # for UTF-8, and break where they are not.
    request.query_string = _BEYOND_ASCII.sub(
        lambda byte: b"%%%02X" % ord(byte[0]), request.query_string
    )
    request_log.begin()
    trace.begin(trace.new_id(), origin.address(), request.headers.get("User-Agent", ""))
    origin.note()


def _refuse_other_sites() -> Response | None:
    """Refuse posts from other sites' pages, before any CSRF token is read (Fetch Metadata)."""
    if request.method != "POST" or request.endpoint in FROM_ANYWHERE:
        return None
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        if guard.is_call():
            return problems.answer("forbidden", "This came from another site's page.")
        return failures.page(
            403, "This came from another site", "Open the page here and try again."
        )
    return None


def _refuse_broken_text() -> None:
    """A form whose bytes are no UTF-8: werkzeug would keep them as they are, percent signs and all.

    Reading it here also refuses a body that is too large, whether or not the view asks for it.
    """
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
    if guard.is_endpoint():
        return guard.admit()
    return (
        double_submission.given() or admission.admit() or double_submission.claim(admission.admit)
    )


def _finish_call(response: Response) -> Response:
    return guard.finish(response) if guard.is_call() else response
