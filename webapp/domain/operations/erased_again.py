"""Erasing again, in a restored database, people who were erased since the backup."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import delete, select

from webapp import sqlite_remains
from webapp.db import db, transaction
from webapp.domain import events, invitations, organizations
from webapp.domain.accounts import people
from webapp.domain.errors import Refusal
from webapp.domain.events import OPERATOR
from webapp.domain.members import holding, leaving
from webapp.domain.operations import since_backup
from webapp.domain.operations.since_backup import Facts
from webapp.domain.organizations import memberships
from webapp.domain.privacy import invitation_erasures, person_erasures
from webapp.models import (
    BulkImport,
    BulkImportRow,
    DailyCount,
    Invitation,
    InvitationState,
    Organization,
    Suppression,
    User,
)


def do(facts: Facts) -> list[str]:
    """Erase what the facts name; returns in words what a rule refused."""
    same = since_backup.same_organizations(facts)
    _take_over_keys(facts, same)
    objections = []
    for user_id in _deleted(facts):
        user = db.session.get_one(User, user_id)
        email = user.email
        try:
            if user_id in facts.erased_people:
                person_erasures.erase(email)
            else:
                _delete_account(user_id)
        except Refusal as refusal:
            objections.append(f"{email} was erased since and is back: {refusal.message}")
    for organization_id, ids in _invitations(facts).items():
        _erase_invitations(organization_id, ids)
    for organization_id, keys in _addresses(facts, same).items():
        _erase_addresses(organization_id, keys)
    return objections


@transaction()
def _take_over_keys(facts: Facts, same: set[int]) -> None:
    """Pseudonyms are made with the same keys as since the backup, so that they are the same."""
    for organization_id in same:
        key = facts.organizations[organization_id].erasure_key
        if key:
            db.session.get_one(Organization, organization_id).erasure_key = key


def _deleted(facts: Facts) -> list[int]:
    rows = db.session.execute(select(User.id, User.created_at).where(User.deleted_at.is_(None)))
    since = facts.users
    return [
        row.id
        for row in rows.all()
        if row.id in since
        and since[row.id].created_at == row.created_at
        and since[row.id].deleted_at
    ]


@transaction()
def _delete_account(user_id: int) -> None:
    """Delete the account; organizations keep what they recorded about inviting it."""
    seats = memberships.everywhere(db.session.get_one(User, user_id))
    for seat in seats:
        organizations.hold(seat.organization)
    alone = [seat.organization.name for seat in seats if holding.is_last_admin(seat)]
    if alone:
        raise Refusal(f"last active admin of {' and of '.join(alone)}.")
    user = people.held(user_id)
    if user is None:
        return
    for seat in seats:
        leaving.depart(seat, OPERATOR)
    leaving.forget(user)
    places: list[int | None] = [seat.organization_id for seat in seats]
    for organization_id in places or [None]:
        events.record(organization_id, "AccountDeleted", by=OPERATOR, user_id=user_id)


def _invitations(facts: Facts) -> dict[int, list[int]]:
    """Invitations that were erased since, by organization."""
    found = defaultdict(list)
    rows = db.session.execute(
        select(Invitation.id, Invitation.organization_id, Invitation.created_at).where(
            ~Invitation.is_erased
        )
    )
    for row in rows.all():
        if facts.erased_invitations.get(row.id) == row.created_at:
            found[row.organization_id].append(row.id)
    return found


@transaction()
def _erase_invitations(organization_id: int, ids: list[int]) -> None:
    organization = db.session.get_one(Organization, organization_id)
    organizations.hold(organization)
    held = invitation_erasures.hold(ids, wait=True)
    email_keys = {invitation.email_key for invitation in held}
    invitation_erasures.of_invitations(organization, held)
    for invitation in held:  # the events of their ends have the pseudonym already
        if invitation.state == InvitationState.PENDING:
            invitations.end(invitation, by=OPERATOR)
    _forget_counts(email_keys)
    events.record(organization, "InvitationsErased", by=OPERATOR, erased=len(held))


def _addresses(facts: Facts, same: set[int]) -> dict[int, set[str]]:
    """Other addresses that were erased since: in suppressions and lists, by organization."""
    found = defaultdict(set)
    suppressed = select(Suppression.organization_id, Suppression.email_key, Suppression.id)
    listed = select(BulkImport.organization_id, BulkImportRow.email_key, BulkImportRow.id)
    listed = listed.join(BulkImport, BulkImport.id == BulkImportRow.import_id)
    for query, email, erased in (
        (suppressed, Suppression.email, facts.erased_suppressions),
        (listed, BulkImportRow.email, facts.erased_lines),
    ):
        for organization_id, key, row_id in db.session.execute(query.where(email.like("%@%"))):
            if row_id in erased and key and organization_id in same:
                found[organization_id].add(key)
    return found


@transaction()
def _erase_addresses(organization_id: int, email_keys: Collection[str]) -> None:
    organization = db.session.get_one(Organization, organization_id)
    organizations.hold(organization)
    for email_key in sorted(email_keys):
        invitation_erasures.of_address(organization, email_key)
    _forget_counts(email_keys)
    events.record(organization, "InvitationsErased", by=OPERATOR, erased=len(email_keys))


def _forget_counts(email_keys: Collection[str]) -> None:
    db.session.execute(delete(DailyCount).where(DailyCount.subject.in_(email_keys)))
    sqlite_remains.note()
