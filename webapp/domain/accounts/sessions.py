"""Sessions live in the database: revoking one works at once, with or without Redis."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import ColumnElement, bindparam, delete, select, true, update
from sqlalchemy.orm import joinedload

from webapp import clock, signing, trace
from webapp.db import db, transaction
from webapp.domain import events
from webapp.domain.accounts import people
from webapp.domain.accounts.session_lifetimes import is_live, lifetime
from webapp.domain.errors import NotFound
from webapp.domain.events import OPERATOR, Actor, callers
from webapp.inserts import insert
from webapp.models import Session, User, Visit

USED_EVERY = timedelta(minutes=5)
# Built once: every request runs it.
_BY_DIGEST = (
    select(Session)
    .options(joinedload(Session.user))
    .where(Session.token_hash == bindparam("digest"))
)


@transaction()
def start(user: User, organization_id: int | None = None) -> str:
    """Begin a session and return its token; the database keeps only the token's SHA-256."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    request = trace.current()
    if organization_id is None:
        organization_id = last_used(user)
    columns = {
        "user_id": user.id,
        "organization_id": organization_id,
        "token_hash": signing.digest(token),
        "created_at": now,
        "expires_at": now + lifetime(),
        "last_used_at": now,
        "address": request.address,
        "device": request.device,
    }
    insert(Session, columns)
    return token


def find(token: str) -> Session | None:
    """The live session of a token, with its user; None when ended, too old or unknown."""
    session = db.session.scalar(_BY_DIGEST, {"digest": signing.digest(token)})
    return session if session is not None and is_live(session) else None


def find_any(token: str) -> Session | None:
    """The session of a token, ended or not; None when it was never one."""
    return db.session.scalar(_BY_DIGEST, {"digest": signing.digest(token)})


def get(session_id: int) -> Session | None:
    """The session with this id, ended or not."""
    return db.session.get(Session, session_id)


def is_due(session: Session) -> bool:
    """Whether the session's last use was noted long enough ago."""
    return session.last_used_at < clock.now() - USED_EVERY


@transaction()
def used(session_id: int) -> None:
    """Note that the session was used just now."""
    noted = update(Session).where(Session.id == session_id).values(last_used_at=clock.now())
    db.session.execute(noted)


def of(user: User) -> list[Session]:
    """The user's live sessions, the one used last first."""
    sessions = db.session.scalars(
        select(Session)
        .where(Session.user_id == user.id, Session.revoked_at.is_(None))
        .order_by(Session.last_used_at.desc(), Session.id.desc())
    )
    return [session for session in sessions if is_live(session)]


@transaction()
def end_one(user: User, session_id: int) -> None:
    """End one of the user's own sessions; raises NotFound for anybody else's."""
    if not _end(user, Session.id == session_id):
        raise NotFound
    _record_end(user, 1, user)


@transaction()
def end_others(user: User, kept_id: int) -> int:
    """End all of the user's sessions but one; returns how many."""
    count = _end(user, Session.id != kept_id)
    if count:
        _record_end(user, count, user)
    return count


@transaction()
def end_of(identifier: str) -> int:
    """End all sessions of an account, by address or username, as the operator; how many.

    Raises NotFound when there is no such account.
    """
    user = people.named(identifier)
    count = end_all(user)
    if count:
        _record_end(user, count, OPERATOR)
    return count


def last_used(user: User) -> int | None:
    """The id of the organization that the user's newest session was in."""
    return db.session.scalar(
        select(Session.organization_id)
        .where(Session.user_id == user.id, Session.organization_id.is_not(None))
        .order_by(Session.id.desc())
        .limit(1)
    )


@transaction()
def use_organization(session_id: int, organization_id: int) -> None:
    """Note which organization the session is in, so that the next visit begins there."""
    db.session.execute(
        update(Session).where(Session.id == session_id).values(organization_id=organization_id)
    )


@transaction()
def end(session_id: int) -> None:
    """Sign out: end the session, so that its cookie is worthless from now on."""
    live = (Session.id == session_id) & Session.revoked_at.is_(None)
    session = db.session.scalar(select(Session).options(joinedload(Session.user)).where(live))
    if session is None:
        return
    callers.hold(session.user_id)  # this very request may have been let in by it
    ended = db.session.execute(update(Session).where(live).values(revoked_at=clock.now()))
    if ended.rowcount:  # type: ignore[attr-defined]
        user = session.user
        events.record(session.organization_id, "SignedOut", by=user, user_id=user.id)


def end_all(user: User, *, but: int | None = None, within: int | None = None) -> int:
    """End the user's sessions, all, all but one or those in one organization; returns how many."""
    others = true() if but is None else Session.id != but
    return _end(user, others if within is None else others & (Session.organization_id == within))


def forget_organization(user: User, organization_id: int) -> None:
    """Let none of the user's sessions lead to the organization, in the present transaction."""
    db.session.execute(
        update(Session)
        .where(Session.user_id == user.id, Session.organization_id == organization_id)
        .values(organization_id=None)
    )


def forget(user: User) -> None:
    """End all of the user's sessions and forget where they were, in the transaction."""
    end_all(user)
    own = select(Session.id).where(Session.user_id == user.id)
    db.session.execute(delete(Visit).where(Visit.session_id.in_(own)))
    db.session.execute(
        update(Session).where(Session.user_id == user.id).values(address="", device="")
    )


def _end(user: User, which: ColumnElement[bool]) -> int:
    callers.hold(user.id)  # the request's own session may be among them
    ended = db.session.execute(
        update(Session)
        .where(Session.user_id == user.id, Session.revoked_at.is_(None), which)
        .values(revoked_at=clock.now())
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


def _record_end(user: User, count: int, by: Actor) -> None:
    events.record(
        last_used(user),
        "SessionsRevoked",
        by=by,
        user_id=user.id,
        email=user.email,
        count=count,
    )
