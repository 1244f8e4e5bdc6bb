"""Applications as programs that sign people in: their ids, secrets and addresses."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import joinedload

from webapp import clock, egress, signing
from webapp.db import db
from webapp.domain.errors import Objections, Refusal
from webapp.domain.webhooks import addresses
from webapp.languages import gettext
from webapp.models import Application, OidcClient

OVERLAP = timedelta(hours=24)
MOST = 20  # addresses
LONGEST = 500
LOOPBACK = ("127.0.0.1", "::1", "localhost")
FIELDS = ("redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri", "public")
ID = re.compile(r"[0-9a-f]{24}")
_TYPED = re.compile(r"[!-\[\]-~]+")  # visible ASCII without the backslash
_BYID = (
    select(OidcClient)
    .options(joinedload(OidcClient.application).lazyload(Application.client))
    .where(OidcClient.client_id == bindparam("client_id"))
)


def find(client_id: str) -> OidcClient | None:
    """The program with this id, with its application."""
    # What is none of ours is not asked for: PostgreSQL takes no text with a zero byte.
    return db.session.scalar(_BYID, {"client_id": client_id}) if ID.fullmatch(client_id) else None


def of(application: Application) -> OidcClient | None:
    """The application as a program, once it has been set up as one."""
    return db.session.scalar(
        select(OidcClient).where(
            OidcClient.organization_id == application.organization_id,
            OidcClient.application_id == application.id,
        )
    )


def has_secret(client: OidcClient | Row[Any], text: str) -> bool:
    """Whether this is the program's secret; for a day after a change also the one before."""
    given = signing.digest(text)
    is_old = client.old_secret_until is not None and client.old_secret_until > clock.now()
    known = [client.secret_digest, client.old_secret_digest if is_old else None]
    return any(one is not None and hmac.compare_digest(one, given) for one in known)


def new_secret(application: Application) -> str:
    """A new secret in the present transaction, shown this once; the one before works for a day."""
    client, secret = ready(application), secrets.token_urlsafe(32)
    if client.is_public:
        raise Refusal(gettext("A public program has no secret. Change that first."))
    if client.secret_digest is not None:
        client.old_secret_digest = client.secret_digest
        client.old_secret_until = clock.now() + OVERLAP
    client.secret_digest = signing.digest(secret)
    return secret


def shown(application: Application) -> dict[str, Any]:
    """The fields of the application as a program, by the names that pages and programs use."""
    client = application.client
    return {
        "redirect_uris": list(client.redirect_uris) if client else [],
        "post_logout_redirect_uris": list(client.post_logout_redirect_uris) if client else [],
        "backchannel_logout_uri": client.backchannel_logout_uri if client else None,
        "public": client.is_public if client else False,
    }


def differing(application: Application, columns: dict[str, Any]) -> list[str]:
    """The names of those columns that would be different afterwards."""
    before = shown(application)
    before["is_public"] = before.pop("public")
    return [name for name, value in columns.items() if before[name] != value]


def change(application: Application, columns: dict[str, Any]) -> list[str]:
    """Set what `read` gave, in the present transaction; the names of what is different now."""
    changed, client = differing(application, columns), ready(application)
    for name in changed:
        setattr(client, name, columns[name])
    if client.is_public:
        client.secret_digest = client.old_secret_digest = client.old_secret_until = None
    return changed


def ready(application: Application) -> OidcClient:
    """The application as a program, made one if it is none; the caller holds its organization."""
    found = of(application)
    if found is None:
        found = OidcClient(
            organization_id=application.organization_id,
            application_id=application.id,
            client_id=secrets.token_hex(12),
            redirect_uris=[],
            post_logout_redirect_uris=[],
        )
        db.session.add(found)
        db.session.flush()
        db.session.expire(application, ["client"])
    return found


def read(typed: dict[str, Any]) -> dict[str, Any]:
    """The columns for those of FIELDS that were typed; raises Refusals."""
    columns: dict[str, Any] = {}
    objections = Objections()
    for field in ("redirect_uris", "post_logout_redirect_uris"):
        with objections:
            if field in typed:
                columns[field] = _addresses(typed[field] or [], field)
    with objections:
        if "backchannel_logout_uri" in typed:
            columns["backchannel_logout_uri"] = _posted_to(typed["backchannel_logout_uri"] or "")
    if "public" in typed:
        columns["is_public"] = bool(typed["public"])
    objections.settle()
    return columns


def _posted_to(typed: str) -> str | None:
    """An address that we ourselves send to: on the public internet, like those of webhooks."""
    try:
        return addresses.parse(typed, egress.way()) if typed.strip() else None
    except Refusal as refusal:
        raise Refusal(refusal.message, "backchannel_logout_uri") from None


def _addresses(typed: list[str], field: str) -> list[str]:
    kept = [line.strip() for line in typed if line.strip()]
    if len(kept) > MOST:
        raise Refusal(gettext("Enter at most %(most)s addresses.", most=MOST), field)
    return list(dict.fromkeys(_address(line, field) for line in kept))


def _address(text: str, field: str) -> str:
    """The address as it was typed: programs have to send exactly this one."""
    if len(text) > LONGEST:
        words = gettext("An address can be at most %(most)s characters long.", most=LONGEST)
        raise Refusal(words, field)
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not _TYPED.fullmatch(text) or "*" in text:
        words = gettext(
            "This is not a complete address. Enter one like https://wiki.example.org/callback."
        )
        raise Refusal(words, field)
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        words = gettext("Enter an address that starts with https://.")
        raise Refusal(words, field)
    if "@" in parts.netloc or "#" in text:
        words = gettext("Leave out the username, the password, and the # with what follows it.")
        raise Refusal(words, field)
    return text
