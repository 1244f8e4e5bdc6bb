"""Sending an import's lines, batch by batch: killed at any moment, each is done exactly once."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text, update

from webapp import queue
from webapp.db import db, transaction
from webapp.domain import imports, leases, organizations
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal
from webapp.domain.events import OPERATOR, Actor
from webapp.domain.imports import kinds, sorting
from webapp.domain.invitations import batches
from webapp.domain.invitations.batches import Invitee
from webapp.domain.leases import Claim
from webapp.models import BulkImport, BulkImportRow, ImportState, Organization
from webapp.models.bulk_import import RUNNING

BATCH = 500  # what one transaction asks costs the same for few; other writers wait for all of it
LEASE = timedelta(seconds=60)  # far longer than a batch takes
SECONDS = 10.0  # of one go: then the worker is free for mails, and the rest is enqueued

_COLUMNS = (
    BulkImportRow.id,
    BulkImportRow.email,
    BulkImportRow.email_key,
    BulkImportRow.role,
    BulkImportRow.name,
    BulkImportRow.message,
)


@dataclass(frozen=True, slots=True)
class _Held:
    """A running import that this worker has taken, and the organization, which is locked first."""

    claim: Claim
    organization_id: int


def run_due() -> None:
    """Work on running imports, each in turn, for some seconds; enqueues what is left."""
    until = time.monotonic() + SECONDS
    while held := _take():
        _work(held, until)
        if time.monotonic() >= until:
            _enqueue()
            return


def finish(organization: Organization, import_id: int) -> BulkImport:
    """Work on one import until it has ended, whoever else does, too; for the command line."""
    pause = threading.Event()
    while True:
        db.session.rollback()
        made = imports.find(organization, import_id)
        if not made.is_running:
            return made
        held = _take(import_id)
        if held is None:
            pause.wait(0.2)
        else:
            _work(held, None)


@transaction()
def _enqueue() -> None:
    queue.enqueue(imports.RUN)


@transaction()
def _take(import_id: int | None = None) -> _Held | None:
    """Take the running import that nobody holds and that waits longest."""
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
    made = db.session.scalar(query)
    if made is None:
        return None
    return _Held(leases.take([made], LEASE)[made.id], made.organization_id)


def _work(held: _Held, until: float | None) -> None:
    while _batch(held):
        if until is not None and time.monotonic() >= until:
            _release(held.claim)
            return


@transaction()
def _batch(held: _Held) -> bool:
    """Do the next lines and write down what became of each; False when there is no more to do."""
    organization = db.session.get_one(Organization, held.organization_id)
    try:
        organizations.lock(organization)
    except Refusal as suspended:
        return _stop(held.claim, suspended)
    made = _leased(held.claim)
    if made is None:
        return False
    leases.renew(made, LEASE)
    rows = _next(made)
    if not rows:
        imports.end(made, ImportState.FINISHED, "ImportFinished", _actor(made), None)
        return False
    try:
        _send(organization, made, rows)
    except Refusal as refusal:
        return _stop(held.claim, refusal)
    return True


def _next(made: BulkImport) -> Sequence[Any]:
    """The next lines that wait, locked."""
    return db.session.execute(
        select(*_COLUMNS)
        .where(BulkImportRow.import_id == made.id, BulkImportRow.kind == kinds.WAITING)
        .order_by(BulkImportRow.number)
        .limit(BATCH)
        .with_for_update()
    ).all()


def _send(organization: Organization, made: BulkImport, rows: Sequence[Any]) -> None:
    invitees: list[Invitee] = []
    asked: list[int] = []
    outcomes: list[dict[str, object]] = []
    for number, email, key, *own in rows:
        # An address does not change: it was read when the list was.
        address = Address(email, key, key.rpartition("@")[2])
        try:
            invitees.append(Invitee(address, sorting.offer(organization, made, *own)))
            asked.append(number)
        except Refusal as refusal:  # what is allowed here has changed since the list was read
            outcomes.append(_outcome(number, kinds.MALFORMED, refusal.message, None))
    answers = batches.create_many(organization, invitees, by=_actor(made))
    outcomes += [
        _outcome(number, answer.kind, answer.words, answer.invitation_id)
        for number, answer in zip(asked, answers, strict=True)
        if answer.kind != "later"
    ]
    db.session.execute(
        update(BulkImportRow), outcomes, execution_options={"synchronize_session": False}
    )


def _outcome(
    number: int, kind: str, reason: str | None, invitation_id: int | None
) -> dict[str, object]:
    return {"id": number, "kind": kind, "reason": reason, "invitation_id": invitation_id}


def _stop(claim: Claim, refusal: Refusal) -> bool:
    made = _leased(claim)
    if made is not None:
        words = refusal.message[:500]
        imports.end(made, ImportState.STOPPED, "ImportStopped", "system", words)
    return False


def _leased(claim: Claim) -> BulkImport | None:
    """The claimed import, held; None when it was stopped, or its lease was lost."""
    return db.session.scalar(
        select(BulkImport)
        .where(leases.is_mine(BulkImport, claim), text(RUNNING))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


@transaction()
def _release(claim: Claim) -> None:
    """Give the import back; others that run come first."""
    made = _leased(claim)
    if made is not None:
        leases.let_go(made)


def _actor(made: BulkImport) -> Actor:
    return made.actor or OPERATOR
