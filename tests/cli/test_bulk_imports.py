"""`invite import`: the same as the page, for the operator."""

from __future__ import annotations

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
    assert "line 3\tlea@gmial.com\tlea@gmail.com is probably meant." in done.stderr
    assert "line 4\tnönsense\t" in done.stderr
    with app.app_context():
        made = cast.invitation()
        assert (made.role, made.inviter_id, made.delivery_state) == ("manager", None, "queued")
        (one,) = db.session.query(BulkImport)
        assert (one.state, one.actor_id, one.file_name) == ("finished", None, "guests.csv")


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
        ("acme", "", "There is no address in it"),
    ],
)
def test_what_cannot_be_read_is_said(flask, tmp_path, slug, content, words):
    file = tmp_path / "guests.csv"
    file.write_text(content)
    done = flask("invite", "import", slug, str(file))
    assert done.returncode == 1
    assert words in done.stderr
