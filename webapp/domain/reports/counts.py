"""The rows behind a report: invitations made in a span of time, equal ones counted together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

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

from webapp import clock, replicas
from webapp.db import db
from webapp.domain.reports.periods import Period, Week
from webapp.models import (
    Delivery,
    DeliveryState,
    Invitation,
    InvitationGroup,
    InvitationState,
    Organization,
)

ANSWERED = (InvitationState.ACCEPTED, InvitationState.DECLINED)


class Kind(NamedTuple):
    """What became of an invitation: its status, and 1 or 0 for each of the rest."""

    status: str
    sent: int
    delivered: int
    opened: int


class Group(NamedTuple):
    """Invitations of one inviter, role, domain and kind.

    How many they are, and how many whole seconds the accepted ones took.
    """

    inviter_id: int | None
    role: str
    domain: str
    kind: Kind
    number: int
    seconds: list[int]


@replicas.read
def by_week(
    organization: Organization, period: Period, group_id: int | None = None
) -> list[tuple[Week, list[Group]]]:
    """The invitations made in the period, for each week from the first that has one."""
    ends = span(organization, period.start, period.until, group_id)
    return [
        (week, list(of(organization, week.start, week.until, group_id)))
        for week in (period.weeks(*ends) if ends else ())
    ]


def span(
    organization: Organization, start: datetime, until: datetime, group_id: int | None = None
) -> tuple[datetime, datetime] | None:
    """When the first and last invitation in this time was made: the two ends of the index."""
    created = select(Invitation.created_at).where(*_made(organization, start, until, group_id))
    ends = (Invitation.created_at.asc(), Invitation.created_at.desc())
    first, last = (db.session.scalar(created.order_by(end).limit(1)) for end in ends)
    return (first, last) if first and last else None


def of(
    organization: Organization, start: datetime, until: datetime, group_id: int | None = None
) -> Iterator[Group]:
    """The invitations made from `start` on and before `until`; a group may come in parts."""
    for inviter_id, role, domain, *kind, number, seconds in db.session.execute(
        query(organization, start, until, group_id)
    ):
        durations = list(map(int, seconds.split(","))) if seconds else []
        yield Group(inviter_id, role, domain, Kind(*kind), number, durations)


def query(
    organization: Organization, start: datetime, until: datetime, group_id: int | None = None
) -> Select[Any]:
    """The query for these groups."""
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
    labeled = [column.label(f"part_{number}") for number, column in enumerate(columns)]
    accepted = case((state == InvitationState.ACCEPTED, cast(_seconds(), String)))
    return (
        select(*labeled, func.count(), func.aggregate_strings(accepted, ","))
        .where(*_made(organization, start, until, group_id))
        .group_by(*labeled)
    )


def _made(
    organization: Organization, start: datetime, until: datetime, group_id: int | None
) -> list[ColumnElement[bool]]:
    """Made in this time, and of a group if one is asked for; 0 is no group."""
    made: list[ColumnElement[bool]] = [
        Invitation.organization_id == organization.id,
        Invitation.created_at >= start,
        Invitation.created_at < until,
    ]
    if group_id is not None:
        its = select(InvitationGroup.invitation_id).where(InvitationGroup.group_id == group_id)
        made.append(Invitation.id.in_(its))
    return made


def _mailed(*states: DeliveryState) -> ColumnElement[int]:
    """1 if a mail of the invitation reached one of these states, whichever link it carried.

    The row repeats the newest mail's state, which decides for almost all; mails are searched only
    for the others.
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
    """Whole seconds from the invitation to its end, both moments cut to whole seconds."""

    def clocked(moment: Any) -> ColumnElement[int]:
        if db.engine.dialect.name == "sqlite":
            return cast(func.strftime("%s", moment), Integer)
        return cast(func.floor(extract("epoch", moment)), Integer)

    return clocked(Invitation.ended_at) - clocked(Invitation.created_at)
