"""What programs see of our rows, as plain JSON; times are RFC 3339 in UTC, to the second."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from webapp import clock
from webapp.domain import invitations
from webapp.domain.accounts.bearers import Bearer
from webapp.domain.events import sentences
from webapp.domain.invitations.link_status import Opening
from webapp.domain.organizations import permissions
from webapp.domain.reports import Line, Report
from webapp.models import Event, Invitation, Membership, Organization, Session, User
from webapp.web.pages import iso

Json = dict[str, Any]


def invitation(row: Invitation, *, with_link: bool = False) -> Json:
    """An invitation; `with_link` adds the link as one copies it (rule 10)."""
    state = row.status(clock.now())
    shown = {
        "id": row.id,
        "email": row.email,
        "role": row.role,
        "state": state,
        "status": state,
        "delivery": row.delivery_state,
        "name": row.name,
        "message": row.message,
        "expiry_days": row.expiry_days,
        "invited_by": row.inviter.full_name if row.inviter else None,
        "created_at": iso(row.created_at),
        "expires_at": iso(row.expires_at),
        "opened_at": _moment(row.opened_at),
        "ended_at": _moment(row.ended_at),
        "decline_reason": row.decline_reason,
    }
    return shown | {"link": invitations.link(row)} if with_link else shown


def opening(found: Opening) -> Json:
    """An invitation as its link's holder sees it."""
    row, valid = found.invitation, found.standing == "open"
    return {
        "valid": valid,
        "state": "pending" if valid else found.standing.value,
        "email": row.email,
        "role": row.role,
        "name": row.name,
        "organization": organization(row.organization),
        "organization_name": row.organization.name,
        "expires_at": iso(row.expires_at),
        # Of an ended link nothing is asked any more, and nothing about an account is told.
        "has_account": valid and not found.asks_for_account,
    }


def organization(row: Organization) -> Json:
    """An organization."""
    return {"slug": row.slug, "name": row.name}


def user(row: User) -> Json:
    """An account, as its owner sees it."""
    return {
        "id": row.id,
        "email": row.email,
        "username": row.username,
        "full_name": row.full_name,
        "verified": row.is_verified,
    }


def membership(row: Membership) -> Json:
    """A place in an organization."""
    return {
        "id": row.id,
        "role": row.role,
        "status": row.status,
        "joined_at": iso(row.joined_at),
        "organization": organization(row.organization),
    }


def member(row: Membership, reader: Bearer) -> Json:
    """A member; the last activity only for whom it is (permissions)."""
    role = reader.membership.role if reader.membership else ""
    seen = row.last_seen_at if permissions.allows(role, "members:activity") else None
    return {
        "id": row.id,
        "user_id": row.user_id,
        "email": row.user.email,
        "full_name": row.user.full_name,
        "role": row.role,
        "status": row.status,
        "joined_at": iso(row.joined_at),
        "last_seen_at": _moment(seen),
    }


def signed_in(token: str, bearer: Bearer) -> Json:
    """A new session: its token, and whom it makes of its bearer."""
    session = bearer.session
    return {
        "access_token": token,
        "token_type": "bearer",
        "expires_at": iso(session.expires_at) if isinstance(session, Session) else None,
        "user": user(bearer.user),
        "membership": membership(bearer.membership) if bearer.membership else None,
    }


def event(row: Event, actor: User | None) -> Json:
    """A line of the audit trail."""
    name = actor.full_name if actor else None
    return {
        "id": row.id,
        "name": row.name,
        "at": row.at.isoformat().replace("+00:00", "Z"),
        "actor": {"kind": row.actor, "id": row.actor_id, "name": name},
        "invitation_id": row.invitation_id,
        "sentence": sentences.sentence(row, actor),
        "data": row.told,
    }


def _moment(at: datetime | None) -> str | None:
    return iso(at) if at is not None else None


def report(made: Report) -> Json:
    """The figures of a period."""
    parts = ("weeks", "inviters", "roles", "domains")
    return {
        "first": made.period.first.isoformat(),
        "last": made.period.last.isoformat(),
        "zone": made.period.zone,
        "total": asdict(made.total),
        **{name: [_line(one) for one in getattr(made, name)] for name in parts},
    }


def _line(one: Line) -> Json:
    return {"key": one.key, "name": one.name, "figures": asdict(one.figures)}
