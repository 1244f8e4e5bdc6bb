"""Erasing one person everywhere, as the operator: docs/privacy.md."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import delete, func, select, update

from webapp import sqlite_remains
from webapp.db import db, transaction
from webapp.domain import addresses, erased_values, events, invitations, organizations
from webapp.domain.accounts import people
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.events import OPERATOR
from webapp.domain.members import leaving, roles
from webapp.domain.organizations import memberships
from webapp.domain.privacy import invitation_erasures
from webapp.domain.privacy.people import Person
from webapp.domain.privacy.registry import PARTS
from webapp.models import (
    BulkImportRow,
    DailyCount,
    Event,
    Invitation,
    InvitationState,
    Organization,
    User,
    WebhookAttempt,
    WebhookDelivery,
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was there of somebody, and is there no more."""

    organizations: list[str]  # their slugs
    had_account: bool
    invitations: int
    events: int
    is_cleared: bool = True  # the database's file, too; else the hourly job does it


def erase(email: str) -> Erased:
    """Delete the account, end the invitations and put pseudonyms in place of the address.

    All of it or nothing. Refuses the last active admin of an organization; raises NotFound for
    an address of which nothing is known.
    """
    return replace(_erase(email), is_cleared=sqlite_remains.clear())


@transaction()
def _erase(email: str) -> Erased:
    key = addresses.parse(email).key
    user = people.by_key(key)
    concerned = places(key, user)
    if user is None and not concerned and not _is_in_nobodys_trail(key):
        raise NotFound(f"Nothing is kept about {email}.")
    for organization in concerned:
        organizations.hold(organization)
    if user is not None:
        people.held(user.id)  # before its keys, as whoever hands the account over does
    seats = memberships.everywhere(user) if user else []
    alone = [seat.organization.name for seat in seats if roles.is_last_admin(seat)]
    if alone:
        raise Refusal(
            f"{email} is the last active admin of {' and of '.join(alone)}. Make somebody else "
            "an admin there first."
        )
    ids = db.session.scalars(select(Invitation.id).where(Invitation.email_key == key)).all()
    held = invitation_erasures.hold(ids, wait=True)
    for seat in seats:
        leaving.depart(seat, OPERATOR)
    _refuse_news(key, user, concerned)
    _forget_answers(key)
    changed = 0
    for organization in concerned:
        own = [one for one in held if one.organization_id == organization.id]
        changed += invitation_erasures.of_invitations(organization, own)
        changed += invitation_erasures.of_address(organization, key)
        for one in own:  # the events of their ends have the pseudonym already
            if one.state == InvitationState.PENDING:
                invitations.end(one, by=OPERATOR)
    changed += invitation_erasures.of_nobodys_trail(key)
    if user is not None:
        leaving.forget(user)
    _forget_unread(key)
    db.session.execute(delete(DailyCount).where(DailyCount.subject == key))
    sqlite_remains.note()
    trails: list[Organization | None] = [*concerned] or [None]
    for trail in trails:
        user_id = user.id if user else None
        events.record(trail, "PersonErased", by=OPERATOR, user_id=user_id)
    return Erased([one.slug for one in concerned], user is not None, len(held), changed)


def places(email_key: str, user: User | None) -> list[Organization]:
    """The organizations where anything is known of the address, in the order they are held in."""
    person, named = Person(email_key, user), set[int | None]()
    for part in PARTS:
        if part.place is not None:
            named |= set(db.session.scalars(select(part.place).where(part.of(person)).distinct()))
    query = select(Organization).where(Organization.id.in_(named - {None}))
    return list(db.session.scalars(query.order_by(Organization.id)))


def _is_in_nobodys_trail(email_key: str) -> bool:
    query = select(Event.id).where(Event.organization_id.is_(None), Event.email_key == email_key)
    return db.session.scalar(query.limit(1)) is not None


def _refuse_news(email_key: str, user: User | None, known: list[Organization]) -> None:
    """Refuse when anything came into being before all was held; nobody signs in from here on."""
    present = people.by_key(email_key)
    held = people.held(present.id) if present else None
    has_joined = held is not None and memberships.everywhere(held)
    if held is not user or has_joined or not set(places(email_key, user)) <= set(known):
        raise Refusal("Something was done with this address just now. Try again.")


def _forget_answers(email_key: str) -> None:
    """Take out what webhooks' receivers answered to events about the address: some repeat it."""
    told = (
        select(WebhookDelivery.id)
        .join(Event, Event.id == WebhookDelivery.event_id)
        .where(Event.email_key == email_key)
    )
    db.session.execute(
        update(WebhookAttempt)
        .where(WebhookAttempt.delivery_id.in_(told))
        .values(answer="")
        .execution_options(synchronize_session=False)
    )


def _forget_unread(email_key: str) -> None:
    """Empty the lines of lists that could not be read as an address and hold this one."""
    holds = func.lower(BulkImportRow.email).contains(email_key, autoescape=True)
    db.session.execute(
        update(BulkImportRow)
        .where(BulkImportRow.email_key.is_(None), holds)
        .values(email=erased_values.NOTHING, name=None, message=None, reason=None)
        .execution_options(synchronize_session=False)
    )
