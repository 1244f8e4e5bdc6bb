"""Erasing one person everywhere, as the operator: docs/privacy.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, func, select, update

from webapp import sqlite_remains
from webapp.db import db, transaction
from webapp.domain import addresses, erased_values, events, invitations, organizations
from webapp.domain.accounts import people
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.events import OPERATOR
from webapp.domain.invitations import inviter_handover
from webapp.domain.members import holding, leaving
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
    JoinAsk,
    Membership,
    Organization,
    Request,
    User,
    WebhookAttempt,
    WebhookDelivery,
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased of a person."""

    organizations: list[str]  # their slugs
    had_account: bool
    invitations: int
    events: int
    is_cleared: bool = True  # the database's file as well; else the hourly job clears it


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
    seats = _lock_seats(user, concerned)
    _refuse_last_admin(email, seats)
    ids = db.session.scalars(select(Invitation.id).where(Invitation.email_key == key)).all()
    locked = invitation_erasures.hold(ids, wait=True)
    for seat in seats:
        leaving.depart(seat, OPERATOR)
    _refuse_news(key, user, concerned)
    _forget_answers(key)
    changed = invitation_erasures.of_nobodys_trail(key)
    changed += sum(_erase_within(organization, key, locked) for organization in concerned)
    if user is not None:
        leaving.forget(user)
    _forget_unread(key)
    db.session.execute(delete(DailyCount).where(DailyCount.subject == key))
    for model in (JoinAsk, Request):
        db.session.execute(delete(model).where(model.email_key == key))
    sqlite_remains.note()
    _record(user, concerned)
    slugs = [organization.slug for organization in concerned]
    return Erased(slugs, user is not None, len(locked), changed)


def _lock_seats(user: User | None, concerned: list[Organization]) -> Sequence[Membership]:
    """Lock the organizations and then the account; returns its memberships."""
    for organization in concerned:
        organizations.hold(organization)
    if user is None:
        return []
    for organization in concerned:  # before the account, as in deleting it
        inviter_handover.hold(organization.id, user.id)
    people.held(user.id)  # before its keys, as in handing an account over
    return memberships.everywhere(user)


def _refuse_last_admin(email: str, seats: Sequence[Membership]) -> None:
    alone = [seat.organization.name for seat in seats if holding.is_last_admin(seat)]
    if alone:
        raise Refusal(
            f"{email} is the last active admin of {' and of '.join(alone)}. Make somebody else "
            "an admin there first."
        )


def _erase_within(organization: Organization, email_key: str, locked: list[Invitation]) -> int:
    """Erase the address from one organization, and end its invitations; returns changed events."""
    own = [invitation for invitation in locked if invitation.organization_id == organization.id]
    changed = invitation_erasures.of_invitations(organization, own)
    changed += invitation_erasures.of_address(organization, email_key)
    for invitation in own:  # the events of their ends have the pseudonym already
        if invitation.state == InvitationState.PENDING:
            invitations.end(invitation, by=OPERATOR)
    return changed


def _record(user: User | None, concerned: list[Organization]) -> None:
    trails: list[Organization | None] = [*concerned] or [None]
    user_id = user.id if user else None
    for trail in trails:
        events.record(trail, "PersonErased", by=OPERATOR, user_id=user_id)


def places(email_key: str, user: User | None) -> list[Organization]:
    """The organizations that know anything of the address, in the order of locking."""
    person, ids = Person(email_key, user), set[int | None]()
    for part in PARTS:
        if part.place is not None:
            ids |= set(db.session.scalars(select(part.place).where(part.of(person)).distinct()))
    query = select(Organization).where(Organization.id.in_(ids - {None}))
    return list(db.session.scalars(query.order_by(Organization.id)))


def _is_in_nobodys_trail(email_key: str) -> bool:
    query = select(Event.id).where(Event.organization_id.is_(None), Event.email_key == email_key)
    return db.session.scalar(query.limit(1)) is not None


def _refuse_news(email_key: str, user: User | None, concerned: list[Organization]) -> None:
    """Refuse if anything was added before all was locked; nobody can sign in from here on."""
    present = people.by_key(email_key)
    locked = people.held(present.id) if present else None
    has_joined = locked is not None and memberships.everywhere(locked)
    if locked is not user or has_joined or not set(places(email_key, user)) <= set(concerned):
        raise Refusal("Something was done with this address just now. Try again.")


def _forget_answers(email_key: str) -> None:
    """Remove receivers' answers to webhooks about the address: some repeat it."""
    deliveries = (
        select(WebhookDelivery.id)
        .join(Event, Event.id == WebhookDelivery.event_id)
        .where(Event.email_key == email_key)
    )
    db.session.execute(
        update(WebhookAttempt)
        .where(WebhookAttempt.delivery_id.in_(deliveries))
        .values(answer="")
        .execution_options(synchronize_session=False)
    )


def _forget_unread(email_key: str) -> None:
    """Empty lines of lists that could not be read as an address, but contain this one."""
    contains_it = func.lower(BulkImportRow.email).contains(email_key, autoescape=True)
    db.session.execute(
        update(BulkImportRow)
        .where(BulkImportRow.email_key.is_(None), contains_it)
        .values(email=erased_values.NOTHING, name=None, message=None, reason=None)
        .execution_options(synchronize_session=False)
    )
