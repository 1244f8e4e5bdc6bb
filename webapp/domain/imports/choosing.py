"""What admins say about a file: which column holds what, its character set, what its roles mean."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

from sqlalchemy import delete, select

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import imports, organizations, tenant
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.imports import choices, csv_files, headers, list_files, reading
from webapp.domain.imports.choices import Choice
from webapp.domain.imports.columns import ROLES, ImportLine
from webapp.domain.imports.headers import EMAIL
from webapp.domain.imports.layouts import Layout, Unclear
from webapp.domain.organizations import permissions
from webapp.languages import gettext, marked
from webapp.models import (
    BulkImport,
    BulkImportRow,
    ColumnChoice,
    ImportState,
    ListFile,
    Organization,
    Role,
)
from webapp.upserts import upsert

WORDS_MOST = 20
REMEMBERED_MOST = 200
# What other programs call people who may do what everybody may.
_CONTRIBUTORS = {
    *("contributor", "contributors", "member", "members", "user", "users", "standard", "regular"),
    *("basic", "participant", "student", "guest", "viewer", "reader", "mitglied", "benutzer"),
    *("teilnehmer", "membre", "utilisateur", "miembro", "usuario", "membro", "utente", "lid"),
    *("gebruiker", "deelnemer", "participante", "licenseduser", "basicuser"),
}
GONE = marked("The columns of this list can no longer be changed. Choose its file again.")


def read_file(
    organization: Organization, stream: BinaryIO, *, by: Actor, file_name: str | None, **terms: Any
) -> BulkImport:
    """Read a file by its columns as they were last chosen for such files; nobody is invited.

    Where nobody can tell which column holds the addresses, the import has no lines yet.
    """
    with csv_files.plain(stream) as text:
        choice = Choice(remembered(organization, csv_files.look(text)))
        layout = _with_words(text, choice)
        return imports.read(
            organization,
            partial(csv_files.uploaded, text, choice),
            by=by,
            file_name=file_name,
            keep=lambda made: list_files.keep(made, text, layout, choice),
            **terms,
        )


def choose(organization: Organization, import_id: int, *, by: Actor, **changes: Any) -> BulkImport:
    """Read a list's file again with another choice of columns, character set or roles."""
    file = kept_file(imports.find(organization, import_id))
    choice = replace(list_files.chosen(file), **changes)
    _refuse_twice(choice)
    with list_files.opened(file) as stream:
        layout = _with_words(stream, choice)
        lines = partial(csv_files.uploaded, stream, choice)
        for _ in reading.everybody(lines(), "file"):  # refuses before anything is changed
            pass
        bulk_import = _begin_again(organization, import_id, by, layout, choice)
        if choice.columns is not None:
            _remember(organization, layout)
        imports.fill(organization, bulk_import, lines, by)
    return bulk_import


def is_kept(bulk_import: BulkImport) -> bool:
    """Whether an import's file can be read again."""
    return bulk_import.started_at is None and list_files.of(bulk_import) is not None


def kept_file(bulk_import: BulkImport) -> ListFile:
    """The file of a list that nobody has started; raises Refusal when it is not kept any more."""
    file = list_files.of(bulk_import)
    if file is None or not is_kept(bulk_import):
        raise Refusal(gettext(GONE))
    return file


def meaning(choice: Choice, word: str) -> str:
    """The role that a word was given; before that, only what is sure and least; "" for none."""
    if choice.roles or choice.any_role:
        meant = choice.role(word)
        return meant if meant in ROLES else ""
    return Role.CONTRIBUTOR.value if headers.bare(word) in _CONTRIBUTORS else ""


def _refuse_twice(choice: Choice) -> None:
    places = list((choice.columns or {}).values())
    if len({*places}) < len(places):
        raise Refusal(gettext("The same column is chosen twice. Choose each column only once."))


def _with_words(stream: BinaryIO, choice: Choice) -> Layout:
    """The layout of a file, with the words of its roles that are none of ours."""
    unmapped = replace(choice, roles={}, any_role=None)
    words = _words(csv_files.uploaded(stream, unmapped))
    return replace(csv_files.look(stream, choice), words=list(islice(words, WORDS_MOST + 1)))


def _words(lines: Iterator[ImportLine]) -> Iterator[str]:
    seen = {*ROLES, ""}
    try:
        for line in lines:
            key = choices.role_key(line.role)
            if key not in seen:
                seen.add(key)
                yield choices.cut_role(line.role)
    except Unclear:
        return


@transaction()
def _begin_again(
    organization: Organization, import_id: int, by: Actor, layout: Layout, choice: Choice
) -> BulkImport:
    """Take the lines out of a list that nobody has started."""
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    bulk_import = tenant.get(organization, BulkImport, import_id, lock="update")
    file = db.session.get(ListFile, import_id)
    if file is None or bulk_import.state != ImportState.PREVIEWED:
        raise Refusal(gettext(GONE))
    bulk_import.state, bulk_import.total = ImportState.READING, 0
    file.found, file.chosen = asdict(layout), asdict(choice)
    db.session.execute(delete(BulkImportRow).where(BulkImportRow.import_id == import_id))
    return bulk_import


def remembered(organization: Organization, layout: Layout) -> dict[str, int] | None:
    """The columns that were last chosen in the organization for files with these columns."""
    if not layout.names:
        return None
    query = select(ColumnChoice.columns).where(
        ColumnChoice.organization_id == organization.id, ColumnChoice.digest == _digest(layout)
    )
    names = [headers.bare(name) for name in layout.names]
    taken: dict[str, int] = {}
    for field, (name, nth) in (db.session.scalar(query) or {}).items():
        places = [place for place, one in enumerate(names) if one == name]
        if field in headers.FIELDS and nth < len(places):
            taken[field] = places[nth]
    return taken if EMAIL in taken else None


@transaction()
def _remember(organization: Organization, layout: Layout) -> None:
    if not layout.names:
        return
    names = [headers.bare(name) for name in layout.names]
    chosen: Mapping[str, Any] = {
        field: (names[place], names[:place].count(names[place]))
        for field, place in layout.taken.items()
    }
    row = {
        "organization_id": organization.id,
        "digest": _digest(layout),
        "columns": chosen,
        "chosen_at": clock.now(),
    }
    upsert(ColumnChoice, row, on=["organization_id", "digest"], update=["columns", "chosen_at"])
    mine = ColumnChoice.organization_id == organization.id
    newest = select(ColumnChoice.digest).where(mine).order_by(ColumnChoice.chosen_at.desc())
    old = list(db.session.scalars(newest.offset(REMEMBERED_MOST)))
    db.session.execute(delete(ColumnChoice).where(mine, ColumnChoice.digest.in_(old)))


def _digest(layout: Layout) -> str:
    names = sorted(headers.bare(name) for name in layout.names)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()
