"""The secrets that sign webhooks (Standard Webhooks 1.0): encrypted, and rotated on request.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import re
import secrets
from datetime import datetime, timedelta

from standardwebhooks import Webhook

from webapp import clock, encryption
from webapp.models import WebhookEndpoint

PURPOSE = "webhook secret"
BYTES = 32  # the specification allows 24 to 64
OVERLAP = timedelta(hours=24)
WRITTEN = re.compile(r"whsec_[\w+/=-]+")


def make() -> str:
    """A new secret, encrypted."""
    text = "whsec_" + base64.b64encode(secrets.token_bytes(BYTES)).decode("ascii")
    return encryption.encrypt(PURPOSE, text)


def rotate(endpoint: WebhookEndpoint) -> None:
    """Give the endpoint a new secret; for a day deliveries carry both signatures."""
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, clock.now() + OVERLAP
    endpoint.secret = make()


def shown(endpoint: WebhookEndpoint) -> str:
    """The current secret in clear; raises DecryptionError if the key that encrypted it is gone."""
    return encryption.decrypt(PURPOSE, endpoint.secret)


def signatures(endpoint: WebhookEndpoint, message_id: str, at: datetime, body: str) -> str:
    """The `webhook-signature` header: one signature for each valid secret, newest first.

    Raises DecryptionError if the key that encrypted the current secret is gone.
    """
    signed = [Webhook(shown(endpoint)).sign(message_id, at, body)]
    until = endpoint.old_secret_until
    if endpoint.old_secret and until and until > clock.now():
        try:
            old = encryption.decrypt(PURPOSE, endpoint.old_secret)
        except encryption.DecryptionError:
            return signed[0]
        signed.append(Webhook(old).sign(message_id, at, body))
    return " ".join(signed)
