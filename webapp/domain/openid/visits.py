"""Visits: begun by a code, and over as soon as what they rest on is over."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, NamedTuple, Self

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.domain.accounts import session_lifetimes
from webapp.domain.applications import entry, record
from webapp.domain.openid import subjects
from webapp.domain.openid.clients import digest
from webapp.domain.openid.faults import Fault
from webapp.domain.openid.requests import SignInRequest
from webapp.models import Application, OidcClient, OidcVisit, Session

CODE = timedelta(seconds=60)
KEPT = timedelta(days=4)  # after the end: late second uses are recognized, logouts sent
LOADED = (
    joinedload(OidcVisit.application).lazyload(Application.client),
    joinedload(OidcVisit.session),
    joinedload(OidcVisit.user),
)

_FOUND = select(OidcVisit).options(*LOADED).execution_options(populate_existing=True)
# The client's own, locked: two uses at once come one after the other. Built once.
_MINE = _FOUND.where(
    OidcVisit.organization_id == bindparam("organization"),
    OidcVisit.application_id == bindparam("application"),
).with_for_update(of=OidcVisit)
_OF_CODE = _MINE.where(OidcVisit.code_digest == bindparam("digest"))
_OF_FAMILY = _MINE.where(OidcVisit.family_digest == bindparam("digest"))
_OF_ACCESS = _FOUND.where(OidcVisit.access_digest == bindparam("digest"))


class Owner(NamedTuple):
    """Whose visits: a client's numbers, which stay readable in another transaction."""

    organization_id: int
    application_id: int
    client_id: str

    @classmethod
    def of(cls, client: OidcClient) -> Self:
        """The numbers of this client."""
        return cls(client.organization_id, client.application_id, client.client_id)


@transaction()
def begin(asked: SignInRequest, session: Session) -> str:
    """The code for a person who may enter: 60 seconds, once; raises Fault if they may not."""
    client, now = asked.client, clock.now()
    if entry.what_bars(client.application, session.user) is not None:
        raise denied()
    if not _is_inside(client, session):
        record.entered(client.application, session.user, record.How.OPENID)
    subjects.ensure(client.organization_id, session.user_id)
    code = secrets.token_urlsafe(32)
    longest = now + timedelta(minutes=client.application.visit_minutes)
    db.session.add(
        OidcVisit(
            organization_id=client.organization_id,
            application_id=client.application_id,
            user_id=session.user_id,
            session_id=session.id,
            sid=secrets.token_urlsafe(24),
            redirect_uri=asked.redirect_uri,
            scope=asked.scope,
            nonce=asked.nonce,
            code_digest=digest(code),
            code_challenge=asked.code_challenge,
            signed_in_at=session.created_at,
            created_at=now,
            ends_at=min(longest, session.expires_at),
            due_at=now,
        )
    )
    return code


def denied() -> Fault:
    """What a program is told of somebody who may not enter."""
    return Fault("access_denied", "the person may not enter this application")


def sub_of(client: OidcClient, session: Session) -> str | None:
    """What the client knows the session's person by, if it does."""
    return subjects.sub(client.organization_id, session.user_id)


def of_code(owner: Owner, code_digest: str) -> OidcVisit | None:
    """The client's visit that this code began, locked."""
    return _mine(_OF_CODE, owner, code_digest)


def of_family(owner: Owner, family_digest: str) -> OidcVisit | None:
    """The client's visit with this family of refresh tokens, locked."""
    return _mine(_OF_FAMILY, owner, family_digest)


def of_access(access_digest: str) -> OidcVisit | None:
    """The visit with this access token."""
    found: OidcVisit | None = db.session.scalar(_OF_ACCESS, {"digest": access_digest})
    return found


def is_over(visit: OidcVisit) -> bool:
    """Whether the visit, its session or the person's access has ended, asked of the database."""
    ended = visit.ended_at is not None or visit.ends_at <= clock.now()
    return ended or is_shut_out(visit)


def is_shut_out(visit: OidcVisit) -> bool:
    """Whether its session or the person's access has ended: a new visit would not begin."""
    if not session_lifetimes.is_live(visit.session):
        return True
    return entry.what_bars(visit.application, visit.user) is not None


def end(visit: OidcVisit) -> None:
    """End the visit and its tokens, in the present transaction."""
    visit.ended_at = clock.now()
    visit.access_digest = visit.access_until = visit.refresh_digest = None


@upkeep.forgets
@transaction()
def forget() -> int:
    """Delete visits that were over four days ago, and codes that nobody used."""
    old = clock.now() - KEPT
    unused = OidcVisit.used_at.is_(None) & (OidcVisit.created_at < old)
    gone = db.session.execute(delete(OidcVisit).where((OidcVisit.ends_at < old) | unused))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _is_inside(client: OidcClient, session: Session) -> bool:
    """Whether the session has a visit there already: programs may ask for a code ever so often."""
    query = select(OidcVisit.id).where(
        OidcVisit.session_id == session.id,
        OidcVisit.application_id == client.application_id,
        OidcVisit.ended_at.is_(None),
        OidcVisit.ends_at > clock.now(),
    )
    return db.session.scalar(query.limit(1)) is not None


def _mine(query: Any, owner: Owner, found: str) -> OidcVisit | None:
    ids = {"organization": owner.organization_id, "application": owner.application_id}
    visit: OidcVisit | None = db.session.scalar(query, {**ids, "digest": found})
    return visit
