"""`invite import`: the same as the page, for the operator."""

from __future__ import annotations

import openpyxl
import pytest

from tests import cast
from webapp.db import db
from webapp.models import BulkImport


@pytest.mark.both_databases
def test_a_file_is_imported_and_what_did_not_go_is_said(flask, app, tmp_path):
    file = tmp_path / "guests.csv"
    file.write_bytes(
        "Email;Role\r\nbo@example.org;manager\r\nlea@gmial.com\r\nnönsense\r\n".encode("cp1252")
    )
    done = flask("invite", "import", "acme", str(file))
    assert done.returncode == 1
    assert "Invited\t1" in done.stdout
    assert "line 3\tlea@gmial.com\tDid you mean lea@gmail.com?" in done.stderr
    assert "line 4\tnönsense\t" in done.stderr
    with app.app_context():
        made = cast.invitation()
        assert (made.role, made.inviter_id, made.delivery_state) == ("manager", None, "queued")
        (one,) = db.session.query(BulkImport)
        assert (one.state, one.actor_id, one.file_name) == ("finished", None, "guests.csv")


def test_rows_without_groups_get_those_of_the_option(flask, app, tmp_path):
    with app.app_context():
        cast.group()
        cast.group("night", "Night shift")
    file = tmp_path / "guests.csv"
    file.write_text("email,groups\nbo@example.org,\ncy@example.org,Night shift\n")
    assert flask("invite", "import", "acme", str(file), "--group", "drivers").returncode == 0
    with app.app_context():
        given = [cast.invitation(f"{who}@example.org").groups[0].slug for who in ("bo", "cy")]
    assert given == ["drivers", "night"]
    unknown = flask("invite", "import", "acme", str(file), "--group", "nobodys")
    assert unknown.returncode == 1
    assert "There is no group “nobodys” here." in unknown.stderr


def test_a_file_that_went_whole_ends_well_and_typos_go_when_asked(flask, tmp_path):
    file = tmp_path / "guests.csv"
    file.write_text("lea@gmial.com\nbo@example.org\n")
    done = flask("invite", "import", "acme", str(file), "--typos", "--role", "manager")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Invited\t2\n", "")
    again = flask("invite", "import", "acme", str(file), "--typos")
    assert again.returncode == 1
    assert "already has an open invitation" in again.stderr


@pytest.mark.parametrize(
    ("slug", "content", "words"),
    [
        ("nowhere", "bo@example.org\n", "no organization"),
        ("acme", "PK\x03\x04", "save it as CSV"),
        ("acme", "", "This list contains no addresses"),
    ],
)
def test_what_cannot_be_read_is_said(flask, tmp_path, slug, content, words):
    file = tmp_path / "guests.csv"
    file.write_text(content)
    done = flask("invite", "import", slug, str(file))
    assert done.returncode == 1
    assert words in done.stderr


def test_columns_are_named_as_the_file_names_them(flask, app, tmp_path):
    file = tmp_path / "export.csv"
    file.write_text('Who,"Email, Work",Office\nBo Lind,bo@example.org,hq@example.org\n')
    done = flask("invite", "import", "acme", str(file), "--columns", 'email="Email, Work",name=who')
    assert (done.returncode, done.stdout, done.stderr) == (0, "Invited\t1\n", "")
    with app.app_context():
        assert cast.invitation().name == "Bo Lind"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("email=Mail", "No column is called “Mail”. The columns are: 1 “Who”, 2 “E1”, 3 “E1”."),
        ("email=E1", "Several columns are called “E1”."),
        ("email=9", "No column is called “9”."),
        ("name=Who", "--columns must say which column holds the email addresses."),
        ("email=2,phone=1", "cannot be read at “phone=1”"),
        ("email", "cannot be read at “email”"),
        ("email=2,email=3", "cannot be read at “email=3”"),
    ],
)
def test_columns_that_there_are_not_are_answered_with_those_there_are(
    flask, tmp_path, columns, words
):
    file = tmp_path / "export.csv"
    file.write_text("Who,E1,E1\nBo,bo@example.org,hq@example.org\n")
    done = flask("invite", "import", "acme", str(file), "--columns", columns)
    assert done.returncode == 1
    assert words in done.stderr


def test_a_file_whose_columns_are_unclear_is_refused_with_their_names(flask, tmp_path):
    file = tmp_path / "export.csv"
    file.write_text("Who,Home,Office\nBo,bo@example.org,hq@example.org\n")
    done = flask("invite", "import", "acme", str(file))
    assert done.returncode == 1
    assert "Several columns of this file hold addresses." in done.stderr
    assert "“Who”, “Home”, “Office”" in done.stderr


def test_a_workbook_is_imported_and_a_guessed_character_set_is_said_and_chosen(
    flask, app, tmp_path
):
    book = openpyxl.Workbook()
    book.active.append(["Vorname", "Nachname", "E-Mail"])
    book.active.append(["Lea", "Maier", "lea@example.org"])
    file = tmp_path / "people.xlsx"
    book.save(file)
    done = flask("invite", "import", "acme", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "Invited\t1\n", "")
    file = tmp_path / "czech.csv"
    file.write_bytes("email,name\nbo@example.org,Dvořák\n".encode("cp1250"))
    done = flask("invite", "import", "acme", str(file), "--charset", "windows-1250")
    assert "Read as Windows-1250: Dvořák" in done.stderr
    with app.app_context():
        assert cast.invitation().name == "Dvořák"
        assert cast.invitation("lea@example.org").name == "Lea Maier"
    done = flask("invite", "import", "acme", str(file), "--charset", "klingon")
    assert "The character set “klingon” is not supported." in done.stderr
