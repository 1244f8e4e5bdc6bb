"""The places of join links: accepted and open invitations together are never more than its uses."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, func, select

from webapp import clock
from webapp.db import db
from webapp.domain import tenant
from webapp.domain.invitations import expiry
from webapp.models import Invitation, InvitationState, JoinAsk, JoinLink, Request

TAKING = (InvitationState.PENDING.value, InvitationState.ACCEPTED.value)


class Uses(NamedTuple):
    """How many joined by a link, may still accept, wait to be answered, and were invited at all."""

    accepted: int = 0
    open: int = 0
    waiting: int = 0
    invited: int = 0

    @property
    def total(self) -> int:
        """How many of the link's places are taken."""
        return self.accepted + self.open + self.waiting

    @property
    def ended(self) -> int:
        """How many invitations gave their place back: expired, declined or revoked."""
        return self.invited - self.accepted - self.open


def uses(link: JoinLink) -> Uses:
    """The link's uses now; invitations past their end take up no place any more."""
    mine, now = Invitation.join_link_id == link.id, clock.now()
    accepted = mine & (Invitation.state == InvitationState.ACCEPTED)
    row = db.session.execute(
        select(
            _count(Invitation, accepted),
            _count(Invitation, mine & Invitation.is_pending(now)),
            _count(JoinAsk, JoinAsk.link_id == link.id) + _count(Request, _requested(link)),
            _count(Invitation, mine),
        )
    ).one()
    return Uses(*row)


def is_free(link: JoinLink) -> bool:
    """Whether a locked link has a free place.

    Invitations past their end give theirs back here, once they are marked: one that is being
    accepted at this moment is locked, and keeps it.
    """
    if _taken(link) < link.most_uses:
        return True
    overdue = (
        select(Invitation.id)
        .where(Invitation.join_link_id == link.id, Invitation.is_overdue(clock.now()))
        .order_by(Invitation.id)
        .with_for_update(skip_locked=True)
    )
    expiry.expire(db.session.scalars(overdue).all())
    return _taken(link) < link.most_uses


def takes_again(invitation: Invitation, *, by_invitee: bool = False) -> bool:
    """Whether a locked invitation that is sent again has a place, held until the commit.

    One that has not been marked as expired still has its place. The invited person cannot revive
    one whose link was revoked.
    """
    if invitation.join_link_id is None:
        return True
    place = (invitation.organization_id, JoinLink, invitation.join_link_id)
    link = tenant.find(*place, lock="no key update")
    if link is None:
        return False
    if by_invitee and link.revoked_at is not None:
        return False
    return invitation.state == InvitationState.PENDING or is_free(link)


def _taken(link: JoinLink) -> int:
    """Places taken, in one statement: an answered ask becomes an invitation between two."""
    invited = (Invitation.join_link_id == link.id) & Invitation.state.in_(TAKING)
    asked = JoinAsk.link_id == link.id
    waiting = _count(JoinAsk, asked) + _count(Request, _requested(link))
    query = select(_count(Invitation, invited) + waiting)
    return int(db.session.scalar(query) or 0)


def _requested(link: JoinLink) -> ColumnElement[bool]:
    """Requests by the link that an admin may still approve."""
    return (Request.join_link_id == link.id) & Request.is_open(clock.now())


def _count(
    model: type[Invitation | JoinAsk | Request], which: ColumnElement[bool]
) -> ScalarSelect[int]:
    return select(func.count()).select_from(model).where(which).scalar_subquery()
