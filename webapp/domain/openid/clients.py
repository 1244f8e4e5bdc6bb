"""Programs that sign people in: who they are by their id, and the secret that proves it."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import joinedload

from webapp import clock, signing
from webapp.db import db, transaction
from webapp.domain import applications
from webapp.domain.applications import record
from webapp.domain.applications.clients import ready
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.languages import gettext
from webapp.models import Application, OidcClient, Organization

OVERLAP = timedelta(hours=24)
ID = re.compile(r"[0-9a-f]{24}")
_BYID = (
    select(OidcClient)
    .options(joinedload(OidcClient.application).lazyload(Application.client))
    .where(OidcClient.client_id == bindparam("client_id"))
)


def find(client_id: str) -> OidcClient | None:
    """The program with this id, with its application."""
    # What is none of ours is not asked for: PostgreSQL takes no text with a zero byte.
    return db.session.scalar(_BYID, {"client_id": client_id}) if ID.fullmatch(client_id) else None


def has_secret(client: OidcClient | Row[Any], text: str) -> bool:
    """Whether this is the program's secret; for a day after a change also the one before."""
    given = signing.digest(text)
    is_old = client.old_secret_until is not None and client.old_secret_until > clock.now()
    known = [client.secret_digest, client.old_secret_digest if is_old else None]
    return any(one is not None and hmac.compare_digest(one, given) for one in known)


@transaction()
def new_secret(organization: Organization, slug: str, *, by: Actor) -> tuple[Application, str]:
    """Give it a new secret, which is returned this once; the one before works for a day."""
    application = applications.locked(organization, slug, by)
    secret = change_secret(ready(application))
    record.about(application, "ApplicationChanged", by, changed="its client secret")
    return application, secret


def change_secret(client: OidcClient) -> str:
    """The same in the present transaction, by whoever may."""
    if client.is_public:
        raise Refusal(gettext("A public program has no secret. Change that first."))
    if client.secret_digest is not None:
        client.old_secret_digest = client.secret_digest
        client.old_secret_until = clock.now() + OVERLAP
    secret = secrets.token_urlsafe(32)
    client.secret_digest = signing.digest(secret)
    return secret
