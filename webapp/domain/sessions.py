"""Sessions live in the database: revoking one works at once, with or without Redis."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from webapp import clock, trace
from webapp.db import db, transaction
from webapp.domain import events, passwords, people
from webapp.domain.errors import Refusal
from webapp.models import Session, User

LIFETIME = timedelta(days=30)


def sign_in(identifier: str, password: str) -> str:
    """A new session's token for the right password; one and the same Refusal for anything else.

    Takes the same time whether or not the account exists (ASVS 2.2.2, rule 16).
    """
    user = people.find(identifier)
    known = user.password_hash if user else None
    token = None
    if passwords.matches(password, known) and user is not None and known is not None:
        token = _sign_in(user, known)
    if token is None:
        _note_failure(user.id if user else None)
        raise Refusal("The address or the password is not right. Check both and try again.")
    return token


@transaction()
def _sign_in(user: User, known: str) -> str | None:
    if not people.still_has(user.id, known):
        return None
    events.record(last_used(user), "SignedIn", by=user, user_id=user.id)
    return start(user)


@transaction()
def _note_failure(user_id: int | None) -> None:
    # What was typed is not written down: it may be a password in the wrong field.
    events.record(None, "SignInFailed", by="system", user_id=user_id)


@transaction()
def start(user: User, organization_id: int | None = None) -> str:
    """Begin a session and return its token; the database keeps only the token's SHA-256."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    here = trace.current()
    if organization_id is None:
        organization_id = last_used(user)
    db.session.add(
        Session(
            user_id=user.id,
            organization_id=organization_id,
            token_hash=_digest(token),
            created_at=now,
            expires_at=now + LIFETIME,
            address=here.address,
            device=here.device,
        )
    )
    return token


def find(token: str) -> Session | None:
    """The live session of a token, with its user; None when ended, too old or unknown."""
    found = db.session.scalar(
        select(Session)
        .options(joinedload(Session.user))
        .where(Session.token_hash == _digest(token))
    )
    if found is None or found.revoked_at is not None or found.expires_at <= clock.now():
        return None
    return found


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
    """Note which organization the session is in, to come back to it."""
    db.session.execute(
        update(Session).where(Session.id == session_id).values(organization_id=organization_id)
    )


@transaction()
def end(session_id: int) -> None:
    """End the session; its cookie is worth nothing from now on."""
    db.session.execute(
        update(Session)
        .where(Session.id == session_id, Session.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


def end_all(user: User, *, but: int | None = None) -> None:
    """End every session of the user, but for one if asked, in the present transaction."""
    query = update(Session).where(Session.user_id == user.id, Session.revoked_at.is_(None))
    if but is not None:
        query = query.where(Session.id != but)
    db.session.execute(query.values(revoked_at=clock.now()))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
