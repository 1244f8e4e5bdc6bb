"""Whose pages may read what programs are answered: those of public programs, in browsers (CORS)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import bindparam, select

from webapp.domain.openid import clients, credentials
from webapp.models import OidcClient, OidcVisit
from webapp.prepared_statements import PreparedRead
from webapp.signing import digest
from webapp.web_addresses import USUAL_PORTS

_PUBLIC = select(OidcClient.redirect_uris).where(OidcClient.is_public)
_OF_CLIENT = PreparedRead(_PUBLIC.where(credentials.IS_NAMED))
_OF_TOKEN = PreparedRead(
    _PUBLIC.join(OidcVisit, OidcVisit.application_id == OidcClient.application_id).where(
        OidcVisit.access_digest == bindparam("digest")
    )
)


def of_client(client_id: str) -> set[str]:
    """The origins of the public program's redirect addresses; none of another one's."""
    is_known = clients.ID.fullmatch(client_id)
    return _origins(_OF_CLIENT.one(client_id=client_id)) if is_known else set()


def of_token(token: str) -> set[str]:
    """The same of the program that has this access token."""
    return _origins(_OF_TOKEN.one(digest=digest(token)))


def _origins(program: Any) -> set[str]:
    return {_origin(address) for address in program.redirect_uris} if program else set()


def _origin(address: str) -> str:
    """As browsers send it (RFC 6454)."""
    parts = urlsplit(address.lower())
    host = parts.netloc.removesuffix(f":{USUAL_PORTS[parts.scheme]}")
    return f"{parts.scheme}://{host}"
