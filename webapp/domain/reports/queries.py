"""The queries of a report: invitations made in a span of time, equal ones counted together."""

from __future__ import annotations

from collections.abc import Sequence
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

from webapp import clock
from webapp.db import db
from webapp.models import (
    Delivery,
    DeliveryState,
    Invitation,
    InvitationGroup,
    InvitationState,
    Organization,
)

ANSWERED = (InvitationState.ACCEPTED, InvitationState.DECLINED)


class Only(NamedTuple):
    """Which invitations to count: all, or those of a group or join link; 0 is none."""

    group_id: int | None = None
    link_id: int | None = None


ALL = Only()


def alike(
    organization: Organization, start: datetime, until: datetime, only: Only = ALL
) -> Select[Any]:
    """Those of one inviter, role, domain, join link and kind together."""
    columns: list[ColumnElement[Any]] = [
        Invitation.inviter_id.expression,
        Invitation.role.expression,
        _domain(),
        Invitation.join_link_id.expression,
    ]
    return _counted(columns).where(*made(organization, start, until, only))


def by_group(
    organization: Organization, start: datetime, until: datetime, only: Only = ALL
) -> Select[Any]:
    """Those that carry groups by group and kind: once for each of their groups."""
    carried: ColumnElement[Any] = InvitationGroup.group_id.expression
    return (
        _counted([carried])
        .join(InvitationGroup, InvitationGroup.invitation_id == Invitation.id)
        .where(*made(organization, start, until, only))
    )


def _counted(columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """Equal ones together: by these columns and their kind, with their number and seconds."""
    state = Invitation.state
    overdue = Invitation.is_overdue(clock.now())
    kind = [
        case((overdue, literal(InvitationState.EXPIRED.value, String)), else_=state),
        _mailed(DeliveryState.SENT, DeliveryState.BOUNCED),
        _mailed(DeliveryState.SENT),
        case((or_(Invitation.opened_at.is_not(None), state.in_(ANSWERED)), 1), else_=0),
    ]
    labeled = [column.label(f"part_{number}") for number, column in enumerate([*columns, *kind])]
    accepted = case((state == InvitationState.ACCEPTED, cast(_seconds(), String)))
    return (
        select(*labeled, func.count(), func.aggregate_strings(accepted, ","))
        .select_from(Invitation)
        .group_by(*labeled)
    )


def made(
    organization: Organization, start: datetime, until: datetime, only: Only
) -> list[ColumnElement[bool]]:
    """Made in this time, and of a group or join link if one is asked for."""
    conditions: list[ColumnElement[bool]] = [
        Invitation.organization_id == organization.id,
        Invitation.created_at >= start,
        Invitation.created_at < until,
    ]
    if only.group_id is not None:
        its = select(InvitationGroup.invitation_id).where(InvitationGroup.group_id == only.group_id)
        conditions.append(Invitation.id.in_(its))
    if only.link_id is not None:
        conditions.append(Invitation.join_link_id == only.link_id)
    return conditions


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
