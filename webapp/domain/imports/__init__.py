"""Inviting many at once: a list is read and shown, then started, and perhaps stopped."""

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
from webapp.domain.imports.reading import Line
from webapp.domain.imports.sorting import Judged, Sorter
from webapp.domain.invitations import terms
from webapp.domain.organizations import permissions
from webapp.models import BulkImport, BulkImportRow, ImportState, Organization

RUN = "jobs.bulk_imports.run"
BATCH = 1000
EMPTY = "There is no address in it. Put one on each line."


def read(
    organization: Organization,
    lines: Callable[[], Iterator[Line]],
    *,
    by: Actor,
    role: str,
    expiry_days: int | None = None,
    message: str | None = None,
    file_name: str | None = None,
) -> BulkImport:
    """Read a list and sort its lines; nobody is invited. Raises Refusal for the list as a whole.

    `lines` begins anew each time it is called: the list is looked through before any of it is
    written, and written in transactions of BATCH lines, so that no other writer waits for long.
    """
    offer = terms.read(organization, role=role, expiry_days=expiry_days, name=None, message=message)
    if not sum(1 for _ in lines()):
        raise Refusal(EMPTY, "file" if file_name else "emails")
    offer.pop("name")
    made = _open(organization, by, reading.shown(file_name, 100) or None, offer)
    sorter = Sorter(organization, by, made)
    rest = lines()
    while batch := list(islice(rest, BATCH)):
        _add(organization, made, sorter, sorter.read(batch))
    _ready(organization, made)
    return made


@transaction()
def _open(
    organization: Organization, by: Actor, file_name: str | None, offer: dict[str, object]
) -> BulkImport:
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    now = clock.now()
    made = BulkImport(
        organization_id=organization.id,
        actor_id=by.id,
        state=ImportState.READING,
        file_name=file_name,
        created_at=now,
        due_at=now,
        **offer,
    )
    db.session.add(made)
    db.session.flush()
    return made


@transaction()
def _add(
    organization: Organization, made: BulkImport, sorter: Sorter, judged: Sequence[Judged]
) -> None:
    _held(organization, made.id)
    made.total += len(judged)
    db.session.execute(insert(BulkImportRow.__table__), sorter.rows(judged))  # type: ignore[arg-type]


@transaction()
def _ready(organization: Organization, made: BulkImport) -> None:
    _held(organization, made.id).state = ImportState.PREVIEWED


@transaction()
def start(
    organization: Organization, import_id: int, *, by: Actor, typos: bool = False
) -> BulkImport:
    """Send what can be sent, or go on after a stop; with `typos` also what looks mistyped.

    Starting a running one changes nothing: two who press at once start it once.
    """
    made = _mine(organization, import_id, by)
    if made.is_running:
        return made
    if made.state == ImportState.READING:
        raise tenant.unknown(BulkImport)
    _set_waiting(made, [*kinds.SENDABLE, *([kinds.TYPO] if typos else [])])
    count = waiting(made)
    if not count:
        raise Refusal("Nobody in this list can be invited now. The lines below say why.")
    now = clock.now()
    made.state, made.started_at, made.ended_at = ImportState.RUNNING, made.started_at or now, None
    made.due_at, made.lease, made.words = now, None, None
    # Who presses the button answers for it (rule 15), whoever gave the list.
    made.actor_id = by.id
    events.record(organization, "ImportStarted", by=by, import_id=made.id, rows=count)
    queue.enqueue(RUN)
    return made


@transaction()
def stop(organization: Organization, import_id: int, *, by: Actor) -> BulkImport:
    """Send no more of it; what was sent stays sent. Stopping one that has ended is no error."""
    made = _mine(organization, import_id, by)
    if made.is_running:
        end(made, ImportState.STOPPED, "ImportStopped", by, None)
    return made


def end(
    made: BulkImport, state: ImportState, event: str, by: Actor | str, words: str | None
) -> None:
    """Stop or finish a held import, in the present transaction, and record how far it came."""
    made.state, made.words, made.lease = state, words, None
    made.ended_at = clock.now()
    kind = BulkImportRow.kind
    rows = select(kind, func.count()).where(BulkImportRow.import_id == made.id).group_by(kind)
    counts: dict[str, int] = dict(db.session.execute(rows).all())
    facts: dict[str, Any] = {"import_id": made.id, "sent": counts.get(kinds.SENT, 0)}
    if event == "ImportFinished":
        facts["refused"] = made.total - facts["sent"]
    else:
        facts |= {"left": counts.get(kinds.WAITING, 0), "reason": words or "as asked"}
    events.record(made.organization_id, event, by=by, **facts)


def find(organization: Organization, import_id: int) -> BulkImport:
    """The organization's import of that id, once it is read; raises NotFound, also for others'."""
    found = tenant.get(organization, BulkImport, import_id, load=[BulkImport.actor])
    if found.state == ImportState.READING:
        raise tenant.unknown(BulkImport)
    return found


def waiting(made: BulkImport) -> int:
    """How many lines wait to be sent."""
    rows = select(func.count()).where(
        BulkImportRow.import_id == made.id, BulkImportRow.kind == kinds.WAITING
    )
    return db.session.scalar(rows) or 0


def _set_waiting(made: BulkImport, wanted: Sequence[str]) -> None:
    """Set the lines of these kinds to wait for being sent."""
    db.session.execute(
        update(BulkImportRow)
        .where(BulkImportRow.import_id == made.id, BulkImportRow.kind.in_(wanted))
        .values(kind=kinds.WAITING, reason=None)
        .execution_options(synchronize_session=False)
    )


def _mine(organization: Organization, import_id: int, by: Actor) -> BulkImport:
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    return _held(organization, import_id)


def _held(organization: Organization, import_id: int) -> BulkImport:
    return tenant.get(organization, BulkImport, import_id, lock="update")
