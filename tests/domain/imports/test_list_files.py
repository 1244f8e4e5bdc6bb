"""Files of other programs: read by their columns, or as an admin says; kept until the start."""

from __future__ import annotations

import io

import openpyxl
import pytest

from tests import cast
from webapp.db import db, transaction
from webapp.domain import imports
from webapp.domain.errors import Forbidden, NotFound, Refusal
from webapp.domain.imports import choosing, csv_files, list_files, reading, runs
from webapp.domain.imports.choices import Choice
from webapp.domain.operations import sweeps
from webapp.domain.privacy import invitation_erasures
from webapp.models import BulkImport, BulkImportRow, ColumnChoice, ListFile, ListFilePiece

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

ASANA = b"Name,Email Address,Role,Office\nAda Lovelace,ada@example.org,Member,ada@acme.example\n"


def read(content=ASANA, by=cast.PRIYA, slug="acme"):
    return choosing.read_file(
        cast.organization(slug),
        io.BytesIO(content),
        by=cast.person(by),
        file_name="export.csv",
        role="contributor",
    )


def choose(made, by=cast.PRIYA, **changes):
    return choosing.choose(cast.organization(), made.id, by=cast.person(by), **changes)


def rows(made):
    db.session.rollback()
    query = db.session.query(BulkImportRow).filter_by(import_id=made.id)
    return [
        (row.line, row.email, row.name, row.role, row.kind)
        for row in query.order_by(BulkImportRow.number)
    ]


def left():
    db.session.rollback()
    return db.session.query(ListFile).count(), db.session.query(ListFilePiece).count()


def test_a_file_is_read_again_with_other_columns():
    made = read()
    assert rows(made) == [(2, "ada@example.org", "Ada Lovelace", "Member", "role")]
    choose(made, columns={"email": 3})
    assert rows(made) == [(2, "ada@acme.example", None, None, "new")]
    assert (imports.find(cast.organization(), made.id).total, made.state) == (1, "previewed")


def test_the_choice_is_remembered_for_the_same_columns_in_any_order_and_nowhere_else():
    choose(read(), columns={"email": 3, "name": 0})
    again = read(b"Office,Role,EMAIL ADDRESS,Name\nbo@acme.example,x,bo@example.org,Bo\n")
    assert rows(again) == [(2, "bo@acme.example", "Bo", None, "new")]
    other = read(b"Office,Role,Email Address\nbo@acme.example,admin,bo@example.org\n")
    assert rows(other)[0][1] == "bo@example.org"
    foreign = read(slug="evil", by=cast.EVE)
    assert rows(foreign)[0][1] == "ada@example.org"


def test_no_more_choices_are_remembered_than_an_organization_needs(monkeypatch, travel):
    monkeypatch.setattr(choosing, "REMEMBERED_MOST", 2)
    for number in range(4):
        travel(seconds=1)
        content = f"Email,Column {number}\nbo@example.org,x\n".encode()
        choose(read(content), columns={"email": 0})
    assert db.session.query(ColumnChoice).count() == 2


def test_a_file_whose_columns_are_unclear_has_no_lines_until_somebody_says():
    made = read(b"Person,Home,Office\nAda,ada@home.example,ada@acme.example\n")
    assert (rows(made), made.state) == ([], "previewed")
    with pytest.raises(Refusal, match="Nobody on this list"):
        imports.start(cast.organization(), made.id, by=cast.person())
    choose(made, columns={"email": 1, "name": 0})
    assert rows(made) == [(2, "ada@home.example", "Ada", None, "new")]


def test_words_of_another_program_are_no_roles_until_somebody_says_which():
    content = b"email,role\na@b.example,Owner\nc@d.example,member\ne@f.example,MEMBER\n"
    made = read(content + b"g@h.example,Admin\n")
    assert list_files.found(list_files.of(made)).words == ["Owner", "member"]
    assert [row[3:] for row in rows(made)] == [
        ("Owner", "role"),
        ("member", "role"),
        ("MEMBER", "role"),
        ("Admin", "new"),
    ]
    choose(made, roles={"member": "manager"}, any_role=None)
    assert [row[3] for row in rows(made)] == ["Owner", "manager", "manager", "Admin"]
    choose(made, roles={}, any_role="contributor")
    assert [row[3] for row in rows(made)] == ["contributor"] * 3 + ["Admin"]


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("Member", "contributor"),
        ("USER", "contributor"),
        ("Mitglied", "contributor"),
        ("Administrator", ""),
        ("Owner", ""),
        ("Head of people", ""),
    ],
)
def test_only_what_is_sure_and_least_is_proposed(word, role):
    assert choosing.meaning(Choice(), word) == role


def test_a_column_is_not_used_twice_and_nothing_is_changed():
    made = read()
    with pytest.raises(Refusal, match="chosen twice"):
        choose(made, columns={"email": 1, "name": 1})
    assert rows(made)[0][1] == "ada@example.org"


def test_a_column_with_too_many_people_in_its_cells_changes_nothing(monkeypatch):
    monkeypatch.setattr(reading, "ROWS_MOST", 3)
    two = b"%d@acme.example; %d@evil.example"
    made = read(
        b"Email,Others\nada@example.org," + two % (1, 2) + b"\nbo@example.org," + two % (3, 4)
    )
    before = rows(made)
    with pytest.raises(Refusal, match="at most 3 people"):
        choose(made, columns={"email": 1})
    assert rows(made) == before
    assert made.state == "previewed"


def test_the_file_goes_when_the_list_is_started(smtp):
    made = read(b"email\nbo@example.org\n" + b"lea@example.org\n" * 40_000)
    assert left() == (1, 2)
    imports.start(cast.organization(), made.id, by=cast.person())
    assert left() == (0, 0)
    runs.run_due()
    with pytest.raises(Refusal, match="no longer be changed"):
        choose(made, columns={"email": 0})


def test_the_file_goes_after_a_day(travel):
    read()
    travel(hours=25)
    sweeps.tidy()
    assert left() == (0, 0)
    assert db.session.query(BulkImport).count() == 0


def test_erasing_an_address_drops_the_files_of_the_organization():
    read()
    foreign = read(slug="evil", by=cast.EVE)

    @transaction()
    def erase():
        invitation_erasures.of_address(cast.organization(), "ada@example.org")

    erase()
    assert [file.import_id for file in db.session.query(ListFile)] == [foreign.id]


def test_only_admins_of_the_organization_choose():
    made = read()
    with pytest.raises(Forbidden):
        choose(made, by=cast.MARCO, columns={"email": 3})
    with pytest.raises(NotFound):
        choosing.choose(
            cast.organization("evil"), made.id, by=cast.person(cast.EVE), columns={"email": 3}
        )
    assert rows(made)[0][1] == "ada@example.org"


def test_a_running_list_is_not_read_again():
    made = read(b"email\nbo@example.org\n")
    found = list_files.found(list_files.of(made))
    imports.start(cast.organization(), made.id, by=cast.person())
    with pytest.raises(Refusal):
        choosing._begin_again(cast.organization(), made.id, cast.person(), found, Choice())


def test_a_workbook_is_kept_as_its_rows():
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["E-Mail", "Vorname", "Name"])
    book.active.append(["bo@example.org", "Bo", "Lind"])
    book.save(content)
    made = read(content.getvalue())
    assert rows(made) == [(2, "bo@example.org", "Bo Lind", None, "new")]
    with list_files.opened(list_files.of(made)) as kept:
        assert [line.name for line in csv_files.uploaded(kept)] == ["Bo Lind"]
