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
from webapp.domain.organizations import member_addresses
from webapp.domain.privacy import trail_erasures
from webapp.models import (
    BulkImport,
    BulkImportRow,
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    Event,
    Invitation,
    ListFile,
    ListFilePiece,
    Organization,
    Request,
    Suppression,
)

_WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING)


def hold(ids: Sequence[int], *, wait: bool) -> list[Invitation]:
    """Lock these invitations and their mails; without `wait`, leave out those locked by others.

    Mails are locked before invitations, as in sending (`settlements.settle`).
    """
    theirs = select(Delivery.id, Delivery.invitation_id).where(Delivery.invitation_id.in_(ids))
    mails = theirs.order_by(Delivery.id).with_for_update(skip_locked=not wait)
    locked = {mail_id for mail_id, _ in db.session.execute(mails)}
    invitations = db.session.scalars(
        select(Invitation)
        .where(Invitation.id.in_(ids))
        .order_by(Invitation.id)
        .with_for_update(skip_locked=not wait)
        .execution_options(populate_existing=True)
    ).all()
    if wait:
        return list(invitations)
    busy = {owner for mail_id, owner in db.session.execute(theirs) if mail_id not in locked}
    return [invitation for invitation in invitations if invitation.id not in busy]


def of_invitations(organization: Organization, invitations: Sequence[Invitation]) -> int:
    """Erase who these held invitations were for, with the organization held alone.

    Where nothing else here is about an address, all other traces of it are erased as well. Returns
    how many events were changed.
    """
    key = erasure_keys.of(organization)
    pseudonyms = {
        invitation.id: erased_values.pseudonym(key, invitation.email_key)
        for invitation in invitations
    }
    email_keys = {invitation.email_key for invitation in invitations}
    ids = list(pseudonyms)
    _erase_mails(pseudonyms)
    for invitation in invitations:
        name = pseudonyms[invitation.id]
        is_its_line = BulkImportRow.invitation_id == invitation.id
        _erase_lines(organization, invitation.email_key, name, is_its_line)
        _erase_row(invitation, name)
    db.session.flush()
    changed = trail_erasures.erase(Event.invitation_id.in_(ids), pseudonyms)
    for email_key in sorted(email_keys - still_used(organization, email_keys)):
        changed += of_address(organization, email_key)
    return changed


def _erase_row(invitation: Invitation, pseudonym: str) -> None:
    invitation.email_key = erased_values.in_place_of(pseudonym, invitation.email_key)
    invitation.email, invitation.name, invitation.message = pseudonym, None, None
    invitation.words = None
    if invitation.delivery_state in _WAITING:
        invitation.delivery_state = DeliveryState.SUPPRESSED
    invitation.decline_reason = erased_values.NOTHING if invitation.decline_reason else None


def of_address(organization: Organization, email_key: str) -> int:
    """Erase an address from lists, suppressions and trail of an organization that is held alone.

    Returns how many events were changed. Its invitations are not touched.
    """
    pseudonym = erased_values.pseudonym(erasure_keys.of(organization), email_key)
    _erase_lines(organization, email_key, pseudonym)
    _erase_suppression(organization, email_key, pseudonym)
    about_address = (Event.organization_id == organization.id) & (Event.email_key == email_key)
    return trail_erasures.erase(about_address, pseudonym)


def of_nobodys_trail(email_key: str) -> int:
    """Erase an address from the events that belong to no organization; returns how many."""
    about_address = Event.organization_id.is_(None) & (Event.email_key == email_key)
    return trail_erasures.erase(about_address, erased_values.NOTHING)


def still_used(organization: Organization, email_keys: Iterable[str]) -> set[str]:
    """Which of these addresses other invitations, requests or members still have here."""
    keys = list(email_keys)
    query = select(Invitation.email_key).where(
        Invitation.organization_id == organization.id, Invitation.email_key.in_(keys)
    )
    asked = select(Request.email_key).where(
        Request.organization_id == organization.id, Request.email_key.in_(keys)
    )
    members = member_addresses.places(organization, keys)
    return {*db.session.scalars(query), *db.session.scalars(asked), *members}


def _erase_mails(pseudonyms: dict[int, str]) -> None:
    """Take addresses, and what mail servers said, out of the invitations' mails."""
    rows = db.session.execute(
        select(Delivery.id, Invitation.id)
        .join(Invitation, Invitation.id == Delivery.invitation_id)
        .where(Invitation.id.in_(pseudonyms))
    ).all()
    if not rows:
        return
    mails: Any = Delivery.__table__
    words = case((mails.c.words.is_not(None), erased_values.NOTHING))
    # A worker that is sending one of them finds its lease gone, and writes nothing.
    waits = or_(*(mails.c.state == state.value for state in _WAITING))
    ended = {
        "state": case((waits, DeliveryState.SUPPRESSED.value), else_=mails.c.state),
        "lease": case((~waits, mails.c.lease)),
    }
    db.session.connection().execute(
        mails.update()
        .where(mails.c.id == bindparam("mail"))
        .values(recipient=bindparam("name"), words=words, **ended),
        [{"mail": mail_id, "name": pseudonyms[invitation_id]} for mail_id, invitation_id in rows],
    )
    _erase_attempts([mail_id for mail_id, _ in rows])


def _erase_attempts(mail_ids: list[int]) -> None:
    """Take what mail servers said out of the attempts at these mails."""
    db.session.execute(
        update(DeliveryAttempt)
        .where(DeliveryAttempt.delivery_id.in_(mail_ids))
        .values(words=erased_values.NOTHING)
        .execution_options(synchronize_session=False)
    )


def _erase_lines(
    organization: Organization, email_key: str, pseudonym: str, *which: ColumnElement[bool]
) -> None:
    """Take an address out of the lines of the organization's lists; files not started go whole."""
    imports = select(BulkImport.id).where(BulkImport.organization_id == organization.id)
    db.session.execute(
        update(BulkImportRow)
        .where(BulkImportRow.email_key == email_key, BulkImportRow.import_id.in_(imports), *which)
        .values(
            email=pseudonym,
            email_key=erased_values.in_place_of(pseudonym, email_key),
            name=None,
            message=None,
            reason=case((BulkImportRow.reason.is_not(None), erased_values.NOTHING)),
        )
        .execution_options(synchronize_session=False)
    )
    for model in (ListFilePiece, ListFile):
        files = delete(model).where(model.import_id.in_(imports))
        db.session.execute(files.execution_options(synchronize_session=False))


def _erase_suppression(organization: Organization, email_key: str, pseudonym: str) -> None:
    """Put the pseudonym into the suppression, so that the address stays suppressed."""
    erased = erased_values.in_place_of(pseudonym, email_key)
    is_own = Suppression.organization_id == organization.id
    if db.session.scalar(select(Suppression.id).where(is_own, Suppression.email_key == erased)):
        db.session.execute(delete(Suppression).where(is_own, Suppression.email_key == email_key))
        return
    db.session.execute(
        update(Suppression)
        .where(is_own, Suppression.email_key == email_key)
        .values(email=pseudonym, email_key=erased)
        .execution_options(synchronize_session=False)
    )
