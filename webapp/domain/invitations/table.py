"""The table of an organization's invitations: filtered, in an order, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, union

from webapp.db import rows
from webapp.domain import cursors, pagination
from webapp.domain.invitations import rows as invitation_rows
from webapp.domain.invitations import search
from webapp.domain.invitations.lines import Criteria, InvitationLine, Ordering
from webapp.domain.pagination import Asked, Page, Place
from webapp.models import (
    DeliveryState,
    Invitation,
    InvitationState,
    Membership,
    Organization,
    User,
)

SIZE = 50
STATUSES = tuple(state.value for state in InvitationState)
DELIVERIES = tuple(state.value for state in DeliveryState)
INVITERS_MOST = 200
# The columns of each order; the last one makes every place in it unique.
SORTS = {"created": ("id",), "email": ("email_key", "id"), "expires": ("expires_at", "id")}
NEWEST = "-created"
KINDS = {"id": cursors.number, "email_key": cursors.text, "expires_at": cursors.moment}


@dataclass(frozen=True, slots=True)
class InvitationFilters:
    """The filters and the order asked for; unknown values count as none."""

    status: str | None = None
    delivery: str | None = None
    inviter_id: int | None = None
    words: str = ""
    sort: str = NEWEST
    group_id: int | None = None  # 0: a group that there is not
    group: str = ""  # its slug
    link_id: int | None = None

    @classmethod
    def of(
        cls,
        *,
        status: str | None = None,
        delivery: str | None = None,
        inviter_id: int | None = None,
        q: str | None = None,
        sort: str | None = None,
        group_id: int | None = None,
        group: str | None = None,
        link_id: int | None = None,
    ) -> InvitationFilters:
        """The filters of a page's query string, without unknown values."""
        sort = sort or NEWEST
        words = search.words(q)
        return cls(
            status if status in STATUSES else None,
            delivery if delivery in DELIVERIES else None,
            inviter_id or None,
            words,
            sort if sort.removeprefix("-") in SORTS else NEWEST,
            group_id,
            search.words(group)[:40],
            link_id or None,
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """What the rows are ordered by."""
        return SORTS[self.sort.removeprefix("-")]

    @property
    def is_narrow(self) -> bool:
        """Whether more is asked for than a status, which has an index in each order."""
        return self.criteria.is_narrow

    @property
    def criteria(self) -> Criteria:
        """Which rows to find, whatever their order."""
        who = (self.inviter_id, self.words, self.group_id, self.link_id)
        return Criteria(self.status, self.delivery, *who)


class Inviter(NamedTuple):
    """A person to filter invitations by."""

    id: int
    full_name: str


def page(
    organization: Organization,
    filters: InvitationFilters,
    *,
    after: str | None = None,
    before: str | None = None,
    last: bool = False,
    size: int = SIZE,
) -> Page[Invitation]:
    """The page after or before a cursor, the last one, or the first; ignores a broken cursor."""
    return _page(organization, filters, Asked(after, before, last, size), whole=True)


def lines(
    organization: Organization,
    filters: InvitationFilters,
    *,
    after: str | None = None,
    before: str | None = None,
    last: bool = False,
) -> Page[InvitationLine]:
    """The same page with only what the table shows, which is faster to read."""
    return _page(organization, filters, Asked(after, before, last, SIZE), whole=False)


def is_place(filters: InvitationFilters, cursor: str) -> bool:
    """Whether the cursor is a place in the order asked for."""
    return cursors.read(cursor, [KINDS[name] for name in filters.columns]) is not None


def inviters(organization: Organization, chosen_id: int | None = None) -> list[Inviter]:
    """Whom invitations can be filtered by: the admins and the chosen person, by name."""
    values = {"organization": organization.id, "chosen": chosen_id or 0}
    return [Inviter._make(row) for row in rows(_INVITERS, values)]


def _page(
    organization: Organization, filters: InvitationFilters, asked: Asked, *, whole: bool
) -> Page[Any]:
    def find(start: Place | None, backwards: bool, limit: int) -> list[Any]:
        descending = filters.sort.startswith("-") != backwards
        ordering = Ordering(filters.columns, descending, has_start=start is not None)
        return invitation_rows.find(
            organization, filters.criteria, ordering, start, limit, whole=whole
        )

    def place(row: Any) -> Place:
        return invitation_rows.place(filters.columns, row)

    kinds = [KINDS[name] for name in filters.columns]
    return pagination.cut(asked, kinds, find, place)


# Two queries: for one condition with OR all members would be read.
_ADMINS = (
    select(User.id, User.full_name)
    .join(Membership, Membership.user_id == User.id)
    .where(Membership.organization_id == bindparam("organization"), Membership.is_active_admin)
)
_HAS_INVITED = (
    select(Invitation.id)
    .where(
        Invitation.organization_id == bindparam("organization"), Invitation.inviter_id == User.id
    )
    .exists()
)
_CHOSEN = select(User.id, User.full_name).where(User.id == bindparam("chosen"), _HAS_INVITED)
_INVITERS = union(_ADMINS, _CHOSEN).order_by("full_name", "id").limit(INVITERS_MOST)
