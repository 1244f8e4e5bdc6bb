"""The join links of an organization with their uses, and who came by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, bindparam, func, select, union_all
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db, rows
from webapp.domain import pagination
from webapp.domain.invitations import join_places
from webapp.domain.invitations.join_places import Uses
from webapp.domain.links import states
from webapp.domain.links.states import LinkState
from webapp.domain.pagination import Page
from webapp.models import (
    Invitation,
    InvitationState,
    JoinAsk,
    JoinLink,
    Organization,
    Request,
)

SIZE = 50
FILTERED_MOST = 200  # links that lists and reports can be filtered by, the newest
_NEWEST = (
    select(JoinLink.id, JoinLink.label)
    .where(JoinLink.organization_id == bindparam("organization"))
    .order_by(JoinLink.id.desc())
    .limit(FILTERED_MOST)
)
_CHOSEN = select(JoinLink.id, JoinLink.label).where(
    JoinLink.organization_id == bindparam("organization"), JoinLink.id == bindparam("link")
)


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A link with its uses and its state, as they are now."""

    link: JoinLink
    uses: Uses
    state: LinkState


class Label(NamedTuple):
    """A link to filter by."""

    id: int
    label: str


def labels(organization: Organization, chosen_id: int | None = None) -> list[Label]:
    """Which links lists and reports can be filtered by, newest first; with the chosen one."""
    values = {"organization": organization.id}
    found = [Label._make(row) for row in rows(_NEWEST, values)]
    if chosen_id and len(found) == FILTERED_MOST and chosen_id < found[-1].id:
        found += map(Label._make, rows(_CHOSEN, {**values, "link": chosen_id}))
    return found


def line(link: JoinLink) -> LinkLine:
    """One link with its uses."""
    uses = join_places.uses(link)
    return LinkLine(link, uses, states.of(link, uses.total))


def page(organization: Organization, *, before: int = 0, size: int = SIZE) -> Page[LinkLine]:
    """The organization's links, newest first: the page before that id."""
    query = (
        select(JoinLink)
        .options(joinedload(JoinLink.author), joinedload(JoinLink.organization))
        .where(JoinLink.organization_id == organization.id)
    )
    if before:
        query = query.where(JoinLink.id < before)
    links = db.session.scalars(query.order_by(JoinLink.id.desc()).limit(size + 1)).all()
    uses = _uses([link.id for link in links])
    role_of = cache(states.role_of)  # many links have the same author
    lines = [
        LinkLine(link, uses[link.id], states.of(link, uses[link.id].total, role_of))
        for link in links
    ]
    return pagination.by_id(lines, before, size, lambda line: line.link.id)


def invited(link: JoinLink, *, before: int = 0) -> Page[Invitation]:
    """The invitations that the link made, newest first: the page before that id."""
    query = select(Invitation).where(
        Invitation.organization_id == link.organization_id, Invitation.join_link_id == link.id
    )
    if before:
        query = query.where(Invitation.id < before)
    found = db.session.scalars(query.order_by(Invitation.id.desc()).limit(SIZE + 1)).all()
    return pagination.by_id(found, before, SIZE, lambda invitation: invitation.id)


def of_invitation(invitation: Invitation) -> JoinLink | None:
    """The link that the invitation came by, if it did."""
    if invitation.join_link_id is None:
        return None
    return db.session.scalar(
        select(JoinLink).where(
            JoinLink.organization_id == invitation.organization_id,
            JoinLink.id == invitation.join_link_id,
        )
    )


def _uses(ids: Sequence[int]) -> dict[int, Uses]:
    """The uses of several links, in four queries."""
    link_id, now = Invitation.join_link_id, clock.now()
    mine = link_id.in_(ids)
    joined = select(link_id, func.count()).where(mine, Invitation.state == InvitationState.ACCEPTED)
    open_ = select(link_id, func.count()).where(mine, Invitation.is_pending(now))
    invited = select(link_id, func.count()).where(mine)
    waiting = _waiting(ids)
    counts = [
        {row[0]: row[1] for row in db.session.execute(query.group_by(column))}
        for query, column in (
            *((joined, link_id), (open_, link_id)),
            *((waiting, waiting.selected_columns[0]), (invited, link_id)),
        )
    ]
    return {one: Uses(*(count.get(one, 0) for count in counts)) for one in ids}


def _waiting(ids: Sequence[int]) -> Select[tuple[int, int]]:
    """How many wait by each link: to be answered by us, or by an admin."""
    asked = select(JoinAsk.link_id.label("link_id")).where(JoinAsk.link_id.in_(ids))
    requested = select(Request.join_link_id).where(
        Request.join_link_id.in_(ids), Request.is_open(clock.now())
    )
    both = union_all(asked, requested).subquery()
    return select(both.c.link_id, func.count())
