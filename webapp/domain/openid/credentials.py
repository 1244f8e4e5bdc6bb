"""Which program asks: proven by its id and secret, without a browser."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Result, Row, bindparam, select

from webapp.db import db
from webapp.domain.openid.clients import ID, has_secret
from webapp.domain.openid.faults import Fault
from webapp.models import OidcClient

_PROGRAM = select(
    OidcClient.organization_id,
    OidcClient.application_id,
    OidcClient.client_id,
    OidcClient.is_public,
    OidcClient.secret_digest,
    OidcClient.old_secret_digest,
    OidcClient.old_secret_until,
).where(OidcClient.client_id == bindparam("client_id"))


class Owner(NamedTuple):
    """Whose visits: a client's numbers, which stay readable in another transaction."""

    organization_id: int
    application_id: int
    client_id: str


def authenticated(client_id: str, secret: str | None) -> Owner:
    """The program with this id and secret; one that is public has none. Raises Fault."""
    known = ID.fullmatch(client_id)
    client = _row(client_id) if known else None
    if client is None:
        raise unknown()
    is_known = secret is None if client.is_public else has_secret(client, secret or "")
    if not is_known:
        raise unknown()
    return Owner(client.organization_id, client.application_id, client.client_id)


def unknown() -> Fault:
    """The same for an unknown program and for a wrong secret."""
    return Fault("invalid_client", "the client is unknown, or its secret is wrong", 401)


def _row(client_id: str) -> Row[Any] | None:
    """The program as it is committed, read beside the session, which begins with its code."""
    with db.engine.connect() as connection:
        result: Result[Any] = connection.execute(_PROGRAM, {"client_id": client_id})
        return result.one_or_none()
