"""Erasing who an invitation was for; what happened, and when, stays: docs/privacy.md.

Pseudonyms take the place of addresses; `trail_erasures` puts them into events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, delete, or_, select, update

from webapp.db import db
from webapp.domain import erased_values
from webapp.domain.deliverability import erasure_keys
from webapp.domain.organizations import memberships
from webapp.domain.privacy import trail_erasures
from webapp.models import (
    BulkImport,
    BulkImportRow,
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    Event,
    Invitation,
    Organization,
    Suppression,
)

_WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING)


def hold(ids: Sequence[int], *, wait: bool) -> list[Invitation]:
    """These invitations as they are now, locked with their mails; without those held by others
    unless one waits.

    Mails before invitations, as whoever sends them does (`settlements.settle`).
    """
    its = select(Delivery.id, Delivery.invitation_id).where(Delivery.invitation_id.in_(ids))
    mails = its.order_by(Delivery.id).with_for_update(skip_locked=not wait)
    held = {number for number, _ in db.session.execute(mails)}
    found = db.session.scalars(
        select(Invitation)
        .where(Invitation.id.in_(ids))
        .order_by(Invitation.id)
        .with_for_update(skip_locked=not wait)
        .execution_options(populate_existing=True)
    ).all()
    if wait:
        return list(found)
    busy = {owner for number, owner in db.session.execute(its) if number not in held}
    return [one for one in found if one.id not in busy]


def of_invitations(organization: Organization, invitations: Sequence[Invitation]) -> int:
    """Erase who these held invitations were for, with the organization held alone.

    Where nothing else here is about an address, all else that names it goes, too. How many events.
    """
    key = erasure_keys.of(organization)
    names = {one.id: erased_values.pseudonym(key, one.email_key) for one in invitations}
    former = {one.email_key for one in invitations}
    ids = list(names)
    _mails(names)
    for one in invitations:
        _lines(organization, one.email_key, names[one.id], BulkImportRow.invitation_id == one.id)
        one.email_key = erased_values.in_place_of(names[one.id], one.email_key)
        one.email, one.name, one.message, one.words = names[one.id], None, None, None
        if one.delivery_state in _WAITING:
            one.delivery_state = DeliveryState.SUPPRESSED
        one.decline_reason = erased_values.NOTHING if one.decline_reason else None
    db.session.flush()
    changed = trail_erasures.erase(Event.invitation_id.in_(ids), names)
    for email_key in sorted(former - _still_here(organization, former)):
        changed += of_address(organization, email_key)
    return changed


def of_address(organization: Organization, email_key: str) -> int:
    """Erase an address from lists, suppressions and trail of an organization that is held alone.

    How many events were changed. Its invitations are not touched.
    """
    name = erased_values.pseudonym(erasure_keys.of(organization), email_key)
    _lines(organization, email_key, name)
    _suppression(organization, email_key, name)
    its = (Event.organization_id == organization.id) & (Event.email_key == email_key)
    return trail_erasures.erase(its, name)


def of_nobodys_trail(email_key: str) -> int:
    """Erase an address from the events that belong to no organization; how many."""
    its = Event.organization_id.is_(None) & (Event.email_key == email_key)
    return trail_erasures.erase(its, erased_values.NOTHING)


def _still_here(organization: Organization, email_keys: Iterable[str]) -> set[str]:
    """Which of these addresses other invitations, or members, still have here."""
    keys = list(email_keys)
    query = select(Invitation.email_key).where(
        Invitation.organization_id == organization.id, Invitation.email_key.in_(keys)
    )
    return {*db.session.scalars(query), *memberships.statuses(organization, keys)}


def _mails(names: dict[int, str]) -> None:
    """Take addresses, and what mail servers said of them, out of the invitations' mails."""
    rows = db.session.execute(
        select(Delivery.id, Invitation.id)
        .join(Invitation, Invitation.id == Delivery.invitation_id)
        .where(Invitation.id.in_(names))
    ).all()
    if not rows:
        return
    mails: Any = Delivery.__table__
    said = case((mails.c.words.is_not(None), erased_values.NOTHING))
    # Whoever sends one of them just now finds its lease gone, and writes nothing.
    waits = or_(*(mails.c.state == state.value for state in _WAITING))
    ended = {
        "state": case((waits, DeliveryState.SUPPRESSED.value), else_=mails.c.state),
        "lease": case((~waits, mails.c.lease)),
    }
    db.session.connection().execute(
        mails.update()
        .where(mails.c.id == bindparam("mail"))
        .values(recipient=bindparam("name"), words=said, **ended),
        [{"mail": number, "name": names[owner]} for number, owner in rows],
    )
    db.session.execute(
        update(DeliveryAttempt)
        .where(DeliveryAttempt.delivery_id.in_([number for number, _ in rows]))
        .values(words=erased_values.NOTHING)
        .execution_options(synchronize_session=False)
    )


def _lines(
    organization: Organization, email_key: str, name: str, *which: ColumnElement[bool]
) -> None:
    """Take an address out of the lines of the organization's lists."""
    its = select(BulkImport.id).where(BulkImport.organization_id == organization.id)
    db.session.execute(
        update(BulkImportRow)
        .where(BulkImportRow.email_key == email_key, BulkImportRow.import_id.in_(its), *which)
        .values(
            email=name,
            email_key=erased_values.in_place_of(name, email_key),
            name=None,
            message=None,
            reason=case((BulkImportRow.reason.is_not(None), erased_values.NOTHING)),
        )
        .execution_options(synchronize_session=False)
    )


def _suppression(organization: Organization, email_key: str, name: str) -> None:
    """Whoever shall not be mailed here is known by the pseudonym from now on."""
    erased = erased_values.in_place_of(name, email_key)
    here = Suppression.organization_id == organization.id
    if db.session.scalar(select(Suppression.id).where(here, Suppression.email_key == erased)):
        db.session.execute(delete(Suppression).where(here, Suppression.email_key == email_key))
        return
    db.session.execute(
        update(Suppression)
        .where(here, Suppression.email_key == email_key)
        .values(email=name, email_key=erased)
        .execution_options(synchronize_session=False)
    )
