"""Sending an import's lines in batches; each exactly once, even if a worker is killed."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text, update

from webapp import queue, stopping
from webapp.db import db, transaction
from webapp.domain import imports, leases, organizations
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal
from webapp.domain.events import OPERATOR, Actor
from webapp.domain.imports import kinds, progress, sorting
from webapp.domain.invitations import batches
from webapp.domain.invitations.batches import Invitee
from webapp.domain.leases import Claim
from webapp.domain.organizations import access_terms
from webapp.models import BulkImport, BulkImportRow, ImportState, Organization
from webapp.models.bulk_import import RUNNING

BATCH = 500  # its queries cost the same for fewer lines; other writers wait for the whole batch
LEASE = timedelta(seconds=60)  # far longer than a batch takes
SECONDS = 10.0  # per job: then the worker is free for mails, and the rest is enqueued

_COLUMNS = (
    *(BulkImportRow.id, BulkImportRow.email, BulkImportRow.email_key),
    *(BulkImportRow.role, BulkImportRow.name, BulkImportRow.message, BulkImportRow.access_until),
)


@dataclass(frozen=True, slots=True)
class _ClaimedImport:
    """A running import that this worker claimed, and its organization, which is locked first."""

    claim: Claim
    organization_id: int


def run_due() -> None:
    """Work on running imports, each in turn, for some seconds; enqueues what is left."""
    until = time.monotonic() + SECONDS
    while claimed := _take():
        _work(claimed, until)
        if time.monotonic() >= until or stopping.is_asked():
            _enqueue()
            return


def finish(organization: Organization, import_id: int) -> BulkImport:
    """Work on one import until it has ended, alongside any workers; for the command line."""
    pause = threading.Event()
    while True:
        db.session.rollback()
        bulk_import = imports.find(organization, import_id)
        if not bulk_import.is_running:
            return bulk_import
        claimed = _take(import_id)
        if claimed is None:
            pause.wait(0.2)
        else:
            _work(claimed, None)


@transaction()
def _enqueue() -> None:
    queue.enqueue(imports.RUN)


@transaction()
def _take(import_id: int | None = None) -> _ClaimedImport | None:
    """Claim the running import that has waited longest and that no other worker holds."""
    query = (
        select(BulkImport)
        .where(text(RUNNING), leases.is_free(BulkImport))
        .order_by(BulkImport.due_at, BulkImport.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if import_id is not None:
        query = query.where(BulkImport.id == import_id)
    bulk_import = db.session.scalar(query)
    if bulk_import is None:
        return None
    claim = leases.take([bulk_import], LEASE)[bulk_import.id]
    return _ClaimedImport(claim, bulk_import.organization_id)


def _work(claimed: _ClaimedImport, until: float | None) -> None:
    while _send_batch(claimed):
        if until is not None and (time.monotonic() >= until or stopping.is_asked()):
            _release(claimed.claim)
            return


@transaction()
def _send_batch(claimed: _ClaimedImport) -> bool:
    """Send the next lines and record the outcome of each; False when nothing is left to do."""
    organization = db.session.get_one(Organization, claimed.organization_id)
    try:
        organizations.lock(organization)
    except Refusal as suspended:
        return _stop(claimed.claim, suspended)
    bulk_import = _lock(claimed.claim)
    if bulk_import is None:
        return False
    leases.renew(bulk_import, LEASE)
    rows = _waiting_rows(bulk_import)
    if not rows:
        progress.end(bulk_import, ImportState.FINISHED, "ImportFinished", _actor(bulk_import), None)
        return False
    try:
        _send(organization, bulk_import, rows)
    except Refusal as refusal:
        return _stop(claimed.claim, refusal)
    return True


def _waiting_rows(bulk_import: BulkImport) -> Sequence[Any]:
    """The next waiting lines, locked."""
    return db.session.execute(
        select(*_COLUMNS)
        .where(BulkImportRow.import_id == bulk_import.id, BulkImportRow.kind == kinds.WAITING)
        .order_by(BulkImportRow.number)
        .limit(BATCH)
        .with_for_update()
    ).all()


def _send(organization: Organization, bulk_import: BulkImport, rows: Sequence[Any]) -> None:
    invitees: list[Invitee] = []
    row_ids: list[int] = []
    outcomes: list[dict[str, object]] = []
    known = access_terms.of(organization)
    for row_id, email, key, *own_terms in rows:
        # The address was parsed when the list was read, and its key is stored.
        address = Address(email, key, key.rpartition("@")[2])
        try:
            offer = sorting.offer(organization, bulk_import, *own_terms, access_terms=known)
            invitees.append(Invitee(address, offer))
            row_ids.append(row_id)
        except Refusal as refusal:  # the organization's rules changed after the list was read
            kind = sorting.KINDS.get(refusal.field or "", kinds.MALFORMED)
            outcomes.append(_outcome(row_id, kind, refusal.message, None))
    answers = batches.create_many(organization, invitees, by=_actor(bulk_import))
    outcomes += [
        _outcome(row_id, answer.kind, answer.words, answer.invitation_id)
        for row_id, answer in zip(row_ids, answers, strict=True)
        if answer.kind != "later"
    ]
    db.session.execute(
        update(BulkImportRow), outcomes, execution_options={"synchronize_session": False}
    )


def _outcome(
    row_id: int, kind: str, reason: str | None, invitation_id: int | None
) -> dict[str, object]:
    return {"id": row_id, "kind": kind, "reason": reason, "invitation_id": invitation_id}


def _stop(claim: Claim, refusal: Refusal) -> bool:
    bulk_import = _lock(claim)
    if bulk_import is not None:
        words = refusal.message[:500]
        progress.end(bulk_import, ImportState.STOPPED, "ImportStopped", "system", words)
    return False


def _lock(claim: Claim) -> BulkImport | None:
    """The claimed import, locked; None when it was stopped or its lease was lost."""
    return db.session.scalar(
        select(BulkImport)
        .where(leases.is_mine(BulkImport, claim), text(RUNNING))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


@transaction()
def _release(claim: Claim) -> None:
    """Give the import back; other running imports come first."""
    bulk_import = _lock(claim)
    if bulk_import is not None:
        leases.let_go(bulk_import)


def _actor(bulk_import: BulkImport) -> Actor:
    return bulk_import.actor or OPERATOR
