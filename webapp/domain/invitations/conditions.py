"""The conditions on the rows of the table of invitations."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    select,
    text,
    true,
)

from webapp import clock
from webapp.db import db
from webapp.domain.invitations import search
from webapp.domain.invitations.lines import Criteria, Ordering
from webapp.models import (
    UNDELIVERED,
    DeliveryState,
    Invitation,
    InvitationGroup,
    InvitationState,
    Organization,
)

# Expired, but not yet marked by the sweep.
OVERDUE = "overdue"


def has_status(
    status: str | None, ordering: Ordering, entity: type[Invitation] = Invitation
) -> ColumnElement[bool]:
    """The status as everyone sees it (past its end nothing is pending), or OVERDUE."""
    ends: ColumnElement[Any] = entity.expires_at.expression
    now: Any = bindparam("now", type_=ends.type)
    pending = entity.state == InvitationState.PENDING
    if status is None:
        return true()
    if status == OVERDUE:
        return and_(entity.is_overdue(now))
    if status != InvitationState.PENDING:
        return entity.state == status
    if "expires_at" not in ordering.columns:
        # Otherwise SQLite uses the index of the ends, and sorts all pending invitations.
        ends = func.coalesce(ends, ends)
    return and_(pending, ends > now)


def has_state(status: str | None, ordering: Ordering) -> ColumnElement[bool]:
    """As much of a status as the index of an order has: all but whether the end is past."""
    if status is None or "expires_at" in ordering.columns:
        return has_status(status, ordering)
    is_open = status in (InvitationState.PENDING, OVERDUE)
    state: ColumnElement[str] = Invitation.state.expression
    return state == (InvitationState.PENDING if is_open else status)


class Shape(NamedTuple):
    """What criteria ask for, whatever their values: those of one shape are one statement."""

    has_delivery: bool
    is_undelivered: bool
    has_inviter: bool
    words_are_indexed: tuple[bool, ...]
    on_sqlite: bool
    has_group: bool = False
    has_link: bool = False

    @property
    def is_searched(self) -> bool:
        """Whether the index of the search or of the join links is used."""
        return any(self.words_are_indexed) or self.has_link

    @property
    def is_group_alone(self) -> bool:
        """Whether all that carry a group are asked for."""
        narrower = self.has_delivery or self.has_inviter or self.words_are_indexed or self.has_link
        return self.has_group and not narrower

    @property
    def is_search_alone(self) -> bool:
        """Whether the index of the search decides by itself."""
        narrower = self.has_delivery or self.has_inviter or self.has_group or self.has_link
        by_index = all if self.on_sqlite else any
        has_words = bool(self.words_are_indexed) and by_index(self.words_are_indexed)
        return has_words and not narrower


def shape(criteria: Criteria) -> Shape:
    """The shape of these criteria; the status is not part of it."""
    delivery = criteria.delivery
    return Shape(
        bool(delivery),
        bool(delivery) and delivery != DeliveryState.SENT,
        bool(criteria.inviter_id),
        search.kinds(criteria.words),
        db.engine.dialect.name == "sqlite",
        criteria.has_group,
        bool(criteria.link_id),
    )


def values(organization: Organization, criteria: Criteria) -> dict[str, Any]:
    """The parameters of all conditions: the criteria, the organization, and the present moment."""
    return {
        "organization": organization.id,
        "now": clock.now(),
        "delivery": criteria.delivery,
        "inviter": criteria.inviter_id,
        "group": criteria.group_id,
        "link": criteria.link_id,
        **search.values(organization, criteria.words),
    }


def carries(invitation_id: Any) -> ColumnElement[bool]:
    """Whether an invitation carries the group that is asked for."""
    return (
        select(InvitationGroup.group_id)
        .where(
            InvitationGroup.group_id == bindparam("group"),
            InvitationGroup.invitation_id == invitation_id,
        )
        .exists()
    )


# The invitations that carry the group that is asked for.
CARRIERS = select(InvitationGroup.invitation_id).where(
    InvitationGroup.group_id == bindparam("group")
)


def narrow(query: Select[Any], asked: Shape, near: type[Invitation] | None = None) -> Select[Any]:
    """Only the rows that fit the criteria, of which `near` are the next ones in the order."""
    entity = near or Invitation
    if asked.has_delivery:
        query = query.where(entity.delivery_state == bindparam("delivery"))
    if asked.is_undelivered and not near:
        query = query.where(text(UNDELIVERED))
    if asked.has_inviter:
        query = query.where(entity.inviter_id == bindparam("inviter"))
    if asked.has_link:
        query = query.where(entity.join_link_id == bindparam("link"))
    if asked.has_group:
        query = query.where(carries(entity.id) if near else Invitation.id.in_(CARRIERS))
    if asked.words_are_indexed and near:
        query = query.where(search.contains(near.words, range(len(asked.words_are_indexed))))
    elif asked.words_are_indexed:
        query = query.where(search.matches(asked.words_are_indexed, on_sqlite=asked.on_sqlite))
    return query
