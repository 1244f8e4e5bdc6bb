"""Bulk invitations: a list is read and previewed, then started, and perhaps stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import func, insert, select, update

from webapp import clock, queue
from webapp.db import db, transaction
from webapp.domain import events, organizations, tenant
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.imports import kinds, reading
from webapp.domain.imports.reading import ImportLine
from webapp.domain.imports.sorting import SortedLine, Sorter
from webapp.domain.invitations import terms
from webapp.domain.organizations import permissions
from webapp.models import BulkImport, BulkImportRow, ImportState, Organization

RUN = "jobs.bulk_imports.run"
BATCH = 1000
EMPTY = "There is no address in it. Put one on each line."


def read(
    organization: Organization,
    lines: Callable[[], Iterator[ImportLine]],
    *,
    by: Actor,
    role: str,
    expiry_days: int | None = None,
    message: str | None = None,
    file_name: str | None = None,
) -> BulkImport:
    """Read a list and sort its lines; nobody is invited. Raises Refusal for the list as a whole.

    Each call of `lines` starts from the top: the whole list is checked before any of it is
    written, and written in transactions of BATCH lines, so that no other writer waits for long.
    """
    offer = terms.read(organization, role=role, expiry_days=expiry_days, name=None, message=message)
    if not sum(1 for _ in lines()):
        raise Refusal(EMPTY, "file" if file_name else "emails")
    offer.pop("name")
    bulk_import = _create(organization, by, reading.shown(file_name, 100) or None, offer)
    sorter = Sorter(organization, by, bulk_import)
    remaining = lines()
    while batch := list(islice(remaining, BATCH)):
        _add(organization, bulk_import, sorter, sorter.read(batch))
    _finish_reading(organization, bulk_import)
    return bulk_import


@transaction()
def _create(
    organization: Organization, by: Actor, file_name: str | None, offer: dict[str, object]
) -> BulkImport:
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    now = clock.now()
    bulk_import = BulkImport(
        organization_id=organization.id,
        actor_id=by.id,
        state=ImportState.READING,
        file_name=file_name,
        created_at=now,
        due_at=now,
        **offer,
    )
    db.session.add(bulk_import)
    db.session.flush()
    return bulk_import


@transaction()
def _add(
    organization: Organization,
    bulk_import: BulkImport,
    sorter: Sorter,
    sorted_lines: Sequence[SortedLine],
) -> None:
    _lock(organization, bulk_import.id)
    bulk_import.total += len(sorted_lines)
    db.session.execute(insert(BulkImportRow.__table__), sorter.rows(sorted_lines))  # type: ignore[arg-type]


@transaction()
def _finish_reading(organization: Organization, bulk_import: BulkImport) -> None:
    _lock(organization, bulk_import.id).state = ImportState.PREVIEWED


@transaction()
def start(
    organization: Organization, import_id: int, *, by: Actor, typos: bool = False
) -> BulkImport:
    """Send what can be sent, or resume after a stop; with `typos` also what looks mistyped.

    Starting a running import changes nothing, so two admins who press at once start it once.
    """
    bulk_import = _lock_for(organization, import_id, by)
    if bulk_import.is_running:
        return bulk_import
    if bulk_import.state == ImportState.READING:
        raise tenant.unknown(BulkImport)
    _set_waiting(bulk_import, [*kinds.SENDABLE, *([kinds.TYPO] if typos else [])])
    count = waiting(bulk_import)
    if not count:
        raise Refusal("Nobody in this list can be invited now. The lines below say why.")
    now = clock.now()
    bulk_import.state = ImportState.RUNNING
    bulk_import.started_at, bulk_import.ended_at = bulk_import.started_at or now, None
    bulk_import.due_at, bulk_import.lease, bulk_import.words = now, None, None
    # The admin who starts it is responsible (rule 15), no matter who supplied the list.
    bulk_import.actor_id = by.id
    events.record(organization, "ImportStarted", by=by, import_id=bulk_import.id, rows=count)
    queue.enqueue(RUN)
    return bulk_import


@transaction()
def stop(organization: Organization, import_id: int, *, by: Actor) -> BulkImport:
    """Send no more of it; what was sent stays sent. Stopping an ended import is not an error."""
    bulk_import = _lock_for(organization, import_id, by)
    if bulk_import.is_running:
        end(bulk_import, ImportState.STOPPED, "ImportStopped", by, None)
    return bulk_import


def end(
    bulk_import: BulkImport, state: ImportState, event: str, by: Actor | str, words: str | None
) -> None:
    """Stop or finish a locked import in the current transaction, and record how far it got."""
    bulk_import.state, bulk_import.words, bulk_import.lease = state, words, None
    bulk_import.ended_at = clock.now()
    by_kind = (
        select(BulkImportRow.kind, func.count())
        .where(BulkImportRow.import_id == bulk_import.id)
        .group_by(BulkImportRow.kind)
    )
    counts: dict[str, int] = dict(db.session.execute(by_kind).all())
    facts: dict[str, Any] = {"import_id": bulk_import.id, "sent": counts.get(kinds.SENT, 0)}
    if event == "ImportFinished":
        facts["refused"] = bulk_import.total - facts["sent"]
    else:
        facts |= {"left": counts.get(kinds.WAITING, 0), "reason": words or "as asked"}
    events.record(bulk_import.organization_id, event, by=by, **facts)


def find(organization: Organization, import_id: int) -> BulkImport:
    """The organization's import of that id; raises NotFound, also while it is still being read."""
    bulk_import = tenant.get(organization, BulkImport, import_id, load=[BulkImport.actor])
    if bulk_import.state == ImportState.READING:
        raise tenant.unknown(BulkImport)
    return bulk_import


def waiting(bulk_import: BulkImport) -> int:
    """How many lines are waiting to be sent."""
    rows = select(func.count()).where(
        BulkImportRow.import_id == bulk_import.id, BulkImportRow.kind == kinds.WAITING
    )
    return db.session.scalar(rows) or 0


def _set_waiting(bulk_import: BulkImport, from_kinds: Sequence[str]) -> None:
    """Queue the lines of these kinds to be sent."""
    db.session.execute(
        update(BulkImportRow)
        .where(BulkImportRow.import_id == bulk_import.id, BulkImportRow.kind.in_(from_kinds))
        .values(kind=kinds.WAITING, reason=None)
        .execution_options(synchronize_session=False)
    )


def _lock_for(organization: Organization, import_id: int, by: Actor) -> BulkImport:
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    return _lock(organization, import_id)


def _lock(organization: Organization, import_id: int) -> BulkImport:
    return tenant.get(organization, BulkImport, import_id, lock="update")
