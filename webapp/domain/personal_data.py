"""Everything that is kept about one person, for themselves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import events, sessions
from webapp.models import Event, Invitation, Membership, Session, User

EVENTS_MOST = 10_000  # the newest ones; more is for the operator's export


@transaction()
def export(user: User) -> dict[str, Any]:
    """The person's account, memberships, sessions, invitations and events, ready for JSON.

    Times are RFC 3339 in UTC. No password, token or digest of one is among it. On record.
    """
    events.record(
        sessions.last_used(user),
        "DataExported",
        by=user,
        user_id=user.id,
        what="a copy of their own data",
    )
    return {
        "exported_at": clock.now().isoformat(),
        "account": _columns(user, "email", "username", "full_name", "created_at", "verified_at"),
        "memberships": [
            _columns(one, "role", "status", "joined_at", "last_seen_at")
            | {"organization": one.organization.name}
            for one in db.session.scalars(
                select(Membership)
                .options(joinedload(Membership.organization))
                .where(Membership.user_id == user.id)
                .order_by(Membership.id)
            )
        ],
        "sessions": [
            _columns(one, "created_at", "last_used_at", "revoked_at", "address", "device")
            for one in db.session.scalars(
                select(Session).where(Session.user_id == user.id).order_by(Session.id)
            )
        ],
        "invitations": [
            _columns(one, "email", "role", "name", "message", "state", "created_at", "opened_at")
            | {"organization": one.organization.name}
            for one in db.session.scalars(
                select(Invitation)
                .options(joinedload(Invitation.organization))
                .where(_of(user))
                .order_by(Invitation.id)
            )
        ],
        "events": [
            _columns(one, "name", "at", "data")
            for one in db.session.scalars(
                select(Event)
                .outerjoin(Invitation, Invitation.id == Event.invitation_id)
                .where(or_(Event.actor_id == user.id, _of(user)))
                .order_by(Event.id.desc())
                .limit(EVENTS_MOST)
            )
        ],
    }


def _of(user: User) -> ColumnElement[bool]:
    """The invitations of the account's address: all of them only for who has proved to hold it."""
    theirs = Invitation.email_key == user.email_key
    if user.is_verified:
        return theirs
    return theirs & (Invitation.organization_id == user.confined_to_id)


def _columns(row: object, *names: str) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in values.items()
    }
