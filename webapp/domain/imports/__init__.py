"""Bulk invitations: a list is read and previewed, then started, and perhaps stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice

from sqlalchemy import insert

from webapp import clock, languages, queue
from webapp.db import db, transaction
from webapp.domain import events, organizations, tenant
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.imports import kinds, list_files, progress, reading, sorting
from webapp.domain.imports.layouts import Unclear
from webapp.domain.imports.reading import ImportLine
from webapp.domain.imports.sorting import SortedLine, Sorter
from webapp.domain.invitations import terms
from webapp.domain.organizations import permissions
from webapp.languages import ENGLISH, gettext, marked
from webapp.models import BulkImport, BulkImportRow, ImportState, Organization

RUN = "jobs.bulk_imports.run"
BATCH = 1000
EMPTY = marked("This list contains no addresses. Put one on each line.")


def read(
    organization: Organization,
    lines: Callable[[], Iterator[ImportLine]],
    *,
    by: Actor,
    role: str,
    expiry_days: int | None = None,
    message: str | None = None,
    file_name: str | None = None,
    keep: Callable[[BulkImport], None] | None = None,
) -> BulkImport:
    """Read a list and sort its lines; nobody is invited. Raises Refusal for the list as a whole.

    Each call of `lines` starts from the top: the whole list is checked before any of it is
    written, and written in transactions of BATCH lines, so that no other writer waits for long.
    `keep` puts its file away, so that somebody can say which column holds the addresses.
    """
    offer = terms.read(organization, role=role, expiry_days=expiry_days, name=None, message=message)
    field = _field(file_name)
    try:
        if not sum(1 for _ in reading.everybody(lines(), field)):
            raise Refusal(gettext(EMPTY), field)
    except Unclear:
        if keep is None:
            raise
        lines = partial(iter, ())
    # These are each person’s, or the organization’s.
    for column in ("name", "language", "access_until", "access_days"):
        del offer[column]
    bulk_import = _create(organization, by, reading.shown(file_name, 100) or None, offer)
    if keep is not None:
        keep(bulk_import)
    fill(organization, bulk_import, lines, by)
    return bulk_import


def _field(file_name: str | None) -> str:
    return "file" if file_name else "emails"


def fill(
    organization: Organization,
    bulk_import: BulkImport,
    lines: Callable[[], Iterator[ImportLine]],
    by: Actor,
) -> None:
    """Write the lines of an import that is still being read; then it can be seen."""
    with _for_everybody():
        sorter = Sorter(organization, by, bulk_import)
    remaining = reading.everybody(lines(), _field(bulk_import.file_name))
    while batch := _read_batch(sorter, remaining):
        _add(organization, bulk_import, sorter, batch)
    _finish_reading(organization, bulk_import)


def _for_everybody() -> AbstractContextManager[None]:
    """Store words about the lines in English; `stored_english` translates them when shown."""
    return languages.written_in(ENGLISH.tag)


def _read_batch(sorter: Sorter, lines: Iterator[ImportLine]) -> list[SortedLine]:
    with _for_everybody():
        return sorter.read(list(islice(lines, BATCH)))


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
    with _for_everybody():
        rows = sorting.rows(bulk_import, sorter.sort(sorted_lines))
    bulk_import.total += len(rows)
    db.session.execute(insert(BulkImportRow.__table__), rows)  # type: ignore[arg-type]


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
    count = progress.set_waiting(bulk_import, [*kinds.SENDABLE, *([kinds.TYPO] if typos else [])])
    if not count:
        raise Refusal(gettext("Nobody on this list can be invited now. See the reasons below."))
    now = clock.now()
    bulk_import.state = ImportState.RUNNING
    bulk_import.started_at, bulk_import.ended_at = bulk_import.started_at or now, None
    bulk_import.due_at, bulk_import.lease, bulk_import.words = now, None, None
    # The admin who starts it is responsible (rule 15), no matter who supplied the list.
    bulk_import.actor_id = by.id
    list_files.drop([bulk_import.id])
    events.record(organization, "ImportStarted", by=by, import_id=bulk_import.id, rows=count)
    queue.enqueue(RUN)
    return bulk_import


@transaction()
def stop(organization: Organization, import_id: int, *, by: Actor) -> BulkImport:
    """Send no more of it; what was sent stays sent. Stopping an ended import is not an error."""
    bulk_import = _lock_for(organization, import_id, by)
    if bulk_import.is_running:
        progress.end(bulk_import, ImportState.STOPPED, "ImportStopped", by, None)
    return bulk_import


def find(organization: Organization, import_id: int) -> BulkImport:
    """The organization's import of that id; raises NotFound, also while it is still being read."""
    bulk_import = tenant.get(organization, BulkImport, import_id, load=[BulkImport.actor])
    if bulk_import.state == ImportState.READING:
        raise tenant.unknown(BulkImport)
    return bulk_import


def _lock_for(organization: Organization, import_id: int, by: Actor) -> BulkImport:
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    return _lock(organization, import_id)


def _lock(organization: Organization, import_id: int) -> BulkImport:
    return tenant.get(organization, BulkImport, import_id, lock="update")
