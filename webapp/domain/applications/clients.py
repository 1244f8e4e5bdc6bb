"""Applications as programs that sign people in: the row beside the application's own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from webapp.db import db
from webapp.models import Application, OidcClient


def make(application: Application, columns: Mapping[str, Any]) -> OidcClient:
    """Give an application that has none a client with a random id, in the present transaction."""
    client = OidcClient(
        organization_id=application.organization_id,
        application_id=application.id,
        client_id=secrets.token_hex(12),
        **columns,
    )
    db.session.add(client)
    db.session.flush()
    db.session.expire(application, ["client"])
    return client


def change(application: Application, columns: Mapping[str, Any]) -> None:
    """Set these columns; a program that keeps no secret any more loses those that it had."""
    client = ready(application)
    for name, value in columns.items():
        setattr(client, name, value)
    if client.is_public:
        client.secret_digest = client.old_secret_digest = client.old_secret_until = None


def ready(application: Application) -> OidcClient:
    """The client of an application, which has one unless it is from before there were any."""
    return application.client or make(application, {})
