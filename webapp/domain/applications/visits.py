"""Visits to applications behind a proxy: begun by a code, ended with the session."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Update, delete, select, update

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.domain.applications import entry, hosts, record, visit_checks
from webapp.domain.applications.entry import Barrier
from webapp.domain.applications.record import How
from webapp.domain.applications.visit_checks import LiveVisit
from webapp.domain.errors import Refusal
from webapp.languages import gettext
from webapp.models import Application, Session, User, Visit
from webapp.signing import digest

CODE_SECONDS = 60
BATCH = 1000


class Unusable(Refusal):
    """The code was used, is too old, or is another host's or browser's: it does not say which."""

    status = 410

    def __init__(self) -> None:
        super().__init__(gettext("This could not be finished. Try again."))


@transaction()
def begin(application: Application, *, by: Session, state: str) -> str:
    """A code for the application's host, for the browser that has what `state` is the digest of.

    It works once, within 60 seconds. Who may not enter gets none: the caller asks `what_bars`, and
    `enter` asks again.
    """
    now, code = clock.now(), secrets.token_urlsafe(32)
    db.session.execute(
        delete(Visit).where(
            Visit.session_id == by.id, Visit.entered_at.is_(None), Visit.ends_at <= now
        )
    )
    visit = Visit(
        organization_id=application.organization_id,
        application_id=application.id,
        session_id=by.id,
        digest=digest(code),
        state_digest=state,
        created_at=now,
        ends_at=now + timedelta(seconds=CODE_SECONDS),
    )
    db.session.add(visit)
    return code


@transaction()
def enter(application: Application, code: str, *, state: str) -> tuple[str, timedelta]:
    """Make the code a visit: what its cookie holds, and for how long; raises Unusable.

    `state` is what the browser was given on this host; nobody can plant a code of theirs on it.
    """
    row = visit_checks.found(code)
    now, token = clock.now(), secrets.token_urlsafe(32)
    if row is None or entry.barrier(row) is not None:
        raise Unusable
    ends_at = min(now + timedelta(minutes=application.visit_minutes), row.expires_at)
    used = db.session.execute(
        _unused(application, code, state, now).values(
            digest=digest(token), entered_at=now, ends_at=ends_at
        )
    )
    if not used.rowcount:  # type: ignore[attr-defined]
        raise Unusable
    _end_earlier(application, row.session_id, row.id)
    record.entered(application, db.session.get_one(User, row.user_id), How.PROXY)
    return token, ends_at - now


def _unused(application: Application, code: str, state: str, now: datetime) -> Update:
    """The code's row, while nobody has used it, and only for this application and browser."""
    return update(Visit).where(
        Visit.digest == digest(code),
        Visit.state_digest == digest(state),
        Visit.organization_id == application.organization_id,
        Visit.application_id == application.id,
        Visit.entered_at.is_(None),
        Visit.ends_at > now,
    )


@transaction()
def end(token: str) -> None:
    """End the visit of a cookie; its session continues."""
    db.session.execute(delete(Visit).where(Visit.digest == digest(token)))


@transaction()
def refused(visit: LiveVisit, barrier: Barrier) -> None:
    """Somebody on a visit may not enter any more: on record like those refused on the way in."""
    if (application := hosts.at(visit.host)) is not None:
        record.refused(application, db.session.get_one(User, visit.user_id), How.PROXY, barrier)


@upkeep.forgets
def forget() -> int:
    """Delete visits and codes that have ended, in batches; returns how many."""
    return sum(iter(_forget_batch, 0))


@transaction()
def _forget_batch() -> int:
    ended = select(Visit.id).where(Visit.ends_at <= clock.now()).order_by(Visit.ends_at)
    gone = delete(Visit).where(Visit.id.in_(ended.limit(BATCH)))
    return int(db.session.execute(gone).rowcount)  # type: ignore[attr-defined]


def _end_earlier(application: Application, session_id: int, visit_id: int) -> None:
    """One browser has one cookie for a host: what it had before is of no use any more."""
    db.session.execute(
        delete(Visit).where(
            Visit.session_id == session_id,
            Visit.application_id == application.id,
            Visit.entered_at.is_not(None),
            Visit.id != visit_id,
        )
    )
