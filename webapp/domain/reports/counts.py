"""The rows behind a report: invitations made in a span of time, equal ones counted together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    case,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
)

from webapp import clock
from webapp.db import db
from webapp.models import Delivery, DeliveryState, Invitation, InvitationState, Organization

ANSWERED = (InvitationState.ACCEPTED, InvitationState.DECLINED)


@dataclass(frozen=True, slots=True)
class Group:
    """Invitations of one inviter, role and domain.

    How many there are of each kind, and how many whole seconds the accepted ones took.
    """

    inviter_id: int | None
    role: str
    domain: str
    counts: Counter[str]
    seconds: list[int]


def span(
    organization: Organization, start: datetime, until: datetime
) -> tuple[datetime, datetime] | None:
    """When the first and the last invitation between the two was made: the index's two ends."""
    its = select(Invitation.created_at).where(
        Invitation.organization_id == organization.id,
        Invitation.created_at >= start,
        Invitation.created_at < until,
    )
    ends = (Invitation.created_at.asc(), Invitation.created_at.desc())
    first, last = (db.session.scalar(its.order_by(end).limit(1)) for end in ends)
    return (first, last) if first and last else None


def of(organization: Organization, start: datetime, until: datetime) -> Iterator[Group]:
    """The invitations made from `start` on and before `until`; a group may come in parts."""
    for inviter_id, role, domain, status, *marks, number, seconds in db.session.execute(
        query(organization, start, until)
    ):
        counts = Counter({"invited": number, status: number})
        for name, true in zip(("sent", "delivered", "opened"), marks, strict=True):
            counts[name] += number * true
        taken = [int(one) for one in seconds.split(",")] if seconds else []
        yield Group(inviter_id, role, domain, counts, taken)


def query(organization: Organization, start: datetime, until: datetime) -> Select[Any]:
    """What is asked of the database."""
    state = Invitation.state
    overdue = Invitation.is_overdue(clock.now())
    columns: list[ColumnElement[Any]] = [
        Invitation.inviter_id.expression,
        Invitation.role.expression,
        _domain(),
        case((overdue, literal(InvitationState.EXPIRED.value, String)), else_=state),
        _mailed(DeliveryState.SENT, DeliveryState.BOUNCED),
        _mailed(DeliveryState.SENT),
        case((or_(Invitation.opened_at.is_not(None), state.in_(ANSWERED)), 1), else_=0),
    ]
    named = [column.label(f"part_{number}") for number, column in enumerate(columns)]
    accepted = case((state == InvitationState.ACCEPTED, cast(_seconds(), String)))
    return (
        select(*named, func.count(), func.aggregate_strings(accepted, ","))
        .where(
            Invitation.organization_id == organization.id,
            Invitation.created_at >= start,
            Invitation.created_at < until,
        )
        .group_by(*named)
    )


def _mailed(*states: DeliveryState) -> ColumnElement[int]:
    """1 where a mail of the invitation came so far, whichever link it carried.

    The row repeats the newest mail's state, which answers for almost all; only the others' mails
    are looked for.
    """
    mail = select(Delivery.id).where(
        Delivery.invitation_id == Invitation.id, Delivery.state.in_(states)
    )
    return case(
        (Invitation.delivery_state.in_(states), 1),
        (Invitation.delivery_state.is_(None), 0),
        (mail.exists(), 1),
        else_=0,
    )


def _domain() -> ColumnElement[str]:
    if db.engine.dialect.name == "sqlite":
        at = func.instr(Invitation.email_key, "@")
        return func.substr(Invitation.email_key, at + 1, type_=String)
    return func.split_part(Invitation.email_key, "@", 2, type_=String)


def _seconds() -> ColumnElement[int]:
    """Whole seconds on the clock, from the invitation to its end: both moments cut to theirs."""

    def clocked(moment: Any) -> ColumnElement[int]:
        if db.engine.dialect.name == "sqlite":
            return cast(func.strftime("%s", moment), Integer)
        return cast(func.floor(extract("epoch", moment)), Integer)

    return clocked(Invitation.ended_at) - clocked(Invitation.created_at)
