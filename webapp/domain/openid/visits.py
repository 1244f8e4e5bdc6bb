"""Visits: begun by a code, and over as soon as what they rest on is over."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.domain.accounts import session_lifetimes
from webapp.domain.applications import entry, record
from webapp.domain.openid import subjects
from webapp.domain.openid.faults import Fault
from webapp.domain.openid.requests import SignInRequest
from webapp.models import Application, OidcClient, OidcVisit, Session
from webapp.signing import digest

CODE = timedelta(seconds=60)
KEPT = timedelta(days=4)  # after the end: late second uses are recognized, logouts sent
LOADED = (
    joinedload(OidcVisit.application).lazyload(Application.client),
    joinedload(OidcVisit.session),
    joinedload(OidcVisit.user),
)


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


def is_stale(visit: Row[Any]) -> bool:
    """Whether its code is too old by now."""
    return bool(visit.created_at + CODE <= clock.now())


def is_shut_out(visit: OidcVisit) -> bool:
    """Whether its session or the person's access has ended: a new visit would not begin."""
    if not session_lifetimes.is_live(visit.session):
        return True
    return entry.what_bars(visit.application, visit.user) is not None


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
