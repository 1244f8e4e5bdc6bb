"""What of the members, and of when their access ends, the signed-in member sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from webapp import clock
from webapp.domain.groups import choices
from webapp.domain.members import reviews, sponsors
from webapp.domain.organizations import days, member_table, memberships
from webapp.domain.organizations.member_table import MemberFilters, Waiting
from webapp.domain.pagination import Page
from webapp.domain.requests import proposals
from webapp.domain.requests.table import Reader, has_made_any
from webapp.models import AccessReview, Membership, Organization
from webapp.web import scope
from webapp.web.forms.member_ends import EndForm


@dataclass(frozen=True, slots=True)
class MemberView:
    """The tabs that there are, and whose end is shown: everybody's, or their own and sponsored."""

    organization: Organization
    statuses: Sequence[str]
    user_id: int
    sees_all: bool

    @classmethod
    def of(cls, organization: Organization) -> MemberView:
        """The signed-in member's."""
        statuses = ["active"]
        sees_all = scope.may("members:activity")
        if sees_all or sponsors.count_of(organization, scope.me()):
            statuses.append("ending")
        if sees_all:
            statuses.append("ended")
        if scope.may("members:write"):
            statuses.append("deactivated")
        return cls(organization, statuses, scope.me().id, sees_all)

    def filters(self, status: str | None, words: str | None, group: str | None) -> MemberFilters:
        """The filters of the query string; of those whose access ends, a sponsor sees theirs."""
        status = status if status in self.statuses else None
        narrow = status == "ending" and not self.sees_all
        return MemberFilters.of(
            status=status,
            q=words,
            group_id=choices.filtered(self.organization, group),
            group=group,
            sponsor_id=self.user_id if narrow else None,
        )

    def waiting(self, filters: MemberFilters) -> Waiting | None:
        """Who is invited and has not joined, below the list of all active members."""
        is_of_all = filters.status == "active" and not filters.group
        if not (is_of_all and scope.may("invitations:read")):
            return None
        return member_table.waiting(self.organization, filters.words)

    def review(self) -> AccessReview | None:
        """The review that asks the reader as a sponsor; admins answer for everybody elsewhere."""
        if scope.may("members:write"):
            return None
        return reviews.asked_of(self.organization, scope.me())

    def asks(self) -> dict[str, Any]:
        """What the reader may ask for: that somebody is invited, or to stay."""
        reader = Reader(self.organization, scope.me(), scope.role())
        return {
            "my_end": self.my_end(),
            "may_propose": proposals.may(self.organization, reader.role),
            "has_requests": reader.sponsors or has_made_any(reader),
        }

    def my_end(self) -> str:
        """When the reader's own access ends, in words, once that is near; else empty."""
        end = scope.my_end()
        is_near = end is not None and end <= clock.now() + member_table.SOON
        return days.in_words(self.organization, end) if end and is_near else ""

    def shows(self, member: Membership) -> bool:
        """Whether the reader sees when this member's access ends."""
        return self.sees_all or self.user_id in (member.user_id, member.sponsor_id)

    def shows_any(self, rows: Sequence[Membership]) -> bool:
        """Whether there is anything to see: else there is no column."""
        return self.sees_all or any(row.ends_at and self.shows(row) for row in rows)

    def end(self, member: Membership) -> str:
        """When it ends, in words; empty without an end."""
        return days.in_words(self.organization, member.ends_at) if member.ends_at else ""

    def may_extend(self, member: Membership) -> bool:
        """Whether the reader has the button that extends."""
        is_sponsor = member.sponsor_id == self.user_id and member.has_access
        may = scope.may("members:write") or is_sponsor
        is_ending = member.is_active and member.ends_at is not None
        return may and is_ending and member.user_id != self.user_id

    def extends_any(self, rows: Sequence[Membership]) -> bool:
        """Whether any of these has the button."""
        return any(map(self.may_extend, rows))

    def mark(self, member: Membership) -> str:
        """The mark of what the reader saw, for the button that extends."""
        return EndForm.shown(member)["seen"]  # type: ignore[no-any-return]


def counts(
    organization: Organization, filters: MemberFilters, page: Page[Membership]
) -> dict[str, int]:
    """How many are active, how many match, and how many of those are on earlier pages."""
    first = page.rows[0] if page.rows and not page.is_first else None
    skipped = member_table.count_before(organization, filters, first) if first else 0
    total = memberships.count(organization)
    matching = total if filters == MemberFilters() else member_table.count(organization, filters)
    return {"total": total, "matching": matching, "skipped": skipped}
