"""A person, and which rows are about them: by their address or by their account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select, true

from webapp.models import (
    BulkImport,
    BulkImportRow,
    DailyCount,
    Delivery,
    Event,
    Invitation,
    User,
)

# The organization of a line of a list.
LIST_PLACE = (
    select(BulkImport.organization_id)
    .where(BulkImport.id == BulkImportRow.import_id)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data: an address, its account if any, and the only organization to search, if any."""

    key: str
    user: User | None
    within: int | None = None  # the organization of an account that nobody has confirmed (rule 10)

    @property
    def user_id(self) -> int:
        """The account's id; 0 when there is none."""
        return self.user.id if self.user else 0


def _within(model: Any, person: Person) -> ColumnElement[bool]:
    """Whether a row belongs to an organization where the person may be searched."""
    is_within: ColumnElement[bool] = model.organization_id == person.within
    return true() if person.within is None else is_within


def invited(person: Person) -> Select[int]:
    """The invitations to the address."""
    is_to_address = Invitation.email_key == person.key
    return select(Invitation.id).where(is_to_address, _within(Invitation, person))


def mailed(person: Person) -> ColumnElement[bool]:
    """Whether a mail was for the address or about the account."""
    is_theirs = or_(Delivery.invitation_id.in_(invited(person)), Delivery.user_id == person.user_id)
    return is_theirs & _within(Delivery, person)


def happened(person: Person) -> ColumnElement[bool]:
    """Whether an event is about the address or the account, or was caused by the person."""
    return or_(
        Event.email_key == person.key,
        Event.person_id == person.user_id,
        Event.actor_id == person.user_id,
    )


def counted(person: Person) -> ColumnElement[bool]:
    """Whether a count is of mails to the address."""
    # Counted over all organizations: only for somebody who has proved to hold the address.
    return DailyCount.subject == person.key if person.within is None else false()
