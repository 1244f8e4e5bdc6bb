"""Events from Resend about our mails: signed, each taken once."""

from __future__ import annotations

import json
import logging

from flask import Blueprint, Response, abort, request
from standardwebhooks import Webhook, WebhookVerificationError

from webapp import config
from webapp.domain.outbox import provider_events
from webapp.web import limits

blueprint = Blueprint("resend_webhook", __name__)
log = logging.getLogger("gatehouse.web")

SIGNED = ("id", "timestamp", "signature")


@blueprint.post("/webhooks/resend")
@limits.webhooks
def take() -> Response:
    """Take one event; 401 unless our secret signed this body in the last five minutes.

    404 while RESEND_WEBHOOK_SECRET is unset. 204 also for events that need no action: Resend
    would only send them again.
    """
    secret = config.current().resend_webhook_secret
    if not secret:
        abort(404)
    raw = request.get_data()
    # Resend uses the older header names of Svix for Standard Webhooks.
    headers = {f"webhook-{name}": request.headers.get(f"svix-{name}", "") for name in SIGNED}
    try:
        Webhook(secret).verify(raw, headers, json_parse=False)
        event = json.loads(raw)
    except (WebhookVerificationError, ValueError, RecursionError):
        return _plain(401)
    answer = provider_events.take(headers["webhook-id"], event)
    log.info("webhook of Resend: %s", answer)
    return _plain(204)


def _plain(status: int) -> Response:
    return Response(status=status, mimetype="text/plain")
