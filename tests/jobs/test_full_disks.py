"""A disk that is full: that of the database, of the log, and of uploads while they are read."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests import cast
from tests.support.gunicorn import serving
from tests.support.load import FORM, TABLE, Visitor
from tests.support.page import Page
from tests.support.postgres import PostgresServer
from tests.support.processes import wait_until
from tests.support.small_disk import small_disk
from tests.support.templates import Template
from webapp.domain.imports import reading

LISTS = "/orgs/acme/invitations/bulk"
PEOPLE = b"".join(b"person-%06d@example.org\n" % number for number in range(40_000))


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk", 8) as disk:
        yield disk


def moved(url, folder):
    """The address of a copy of the test's database in another folder."""
    source = Path(url.removeprefix("sqlite:///"))
    for file in source.parent.glob(f"{source.name}*"):
        shutil.copy(file, folder)
    return f"sqlite:///{folder / source.name}"


def signed_in(port):
    """A browser of Priya's, and the fields of the form that invites."""
    priya = Visitor(port)
    assert priya.sign_in().status == 303
    return priya, Page(priya.ask(FORM).text).form(TABLE).fields


def call(port, password):
    """The status of a program's attempt to sign in as Chen."""
    body = json.dumps({"email": cast.CHEN, "password": password}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/sessions", body, headers)
    try:
        return urllib.request.urlopen(request, timeout=30).status
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def said_by(web):
    """The state of the whole and of the database, as the probe says it."""
    ready = json.loads(web.ask("/readyz"))
    return ready["status"], ready["database"]


def test_a_full_disk_of_the_database_is_503_everywhere_and_gives_no_free_guesses(
    settings, disk, tmp_path
):
    settings["DATABASE_URL"] = moved(settings["DATABASE_URL"], disk.folder)
    with serving(settings, tmp_path / "web.log") as web:
        priya, fields = signed_in(web.port)
        uploading = Page(priya.ask(LISTS).text).form(LISTS).fields
        disk.fill()
        # The log of the database may have a little room left, that earlier writes had taken.
        answers = [
            priya.ask(TABLE, {**fields, "email": f"p{number}@example.org"}) for number in range(10)
        ]
        answers += [priya.ask(LISTS, uploading, PEOPLE), Visitor(web.port).sign_in()]
        assert {(answer.status, answer.retry_after) for answer in answers[-4:]} == {(503, "60")}
        assert {answer.status for answer in answers} <= {303, 503}
        assert priya.ask(TABLE).status == 200
        wait_until(lambda: said_by(web) == ("degraded", "full"))  # it looks once a second
        statuses = [call(web.port, "not this one") for _ in range(14)]
        assert statuses == [503] * 10 + [429] * 4
        assert call(web.port, cast.PASSWORD) == 429
        disk.make_room()
        assert priya.ask(TABLE, {**fields, "email": "afterwards@example.org"}).status == 303
        wait_until(lambda: said_by(web)[1] == "ok")
    assert " 500 " not in (tmp_path / "web.log").read_text()


@pytest.fixture
def disk_of_postgresql(settings):
    """The disk of the tables; the log of changes has another, on which there is room."""
    server = PostgresServer()
    with (
        small_disk(server.folder / "disk", 48) as disk,
        Template(server).copy("of_the_test") as url,
    ):
        server.move_database(url, disk.folder)
        settings["DATABASE_URL"] = url
        yield disk
    server.stop()


def test_a_full_disk_of_postgresql_is_503_and_gives_no_free_guesses(
    settings, disk_of_postgresql, tmp_path
):
    with serving(settings, tmp_path / "web.log") as web:
        priya, fields = signed_in(web.port)
        uploading = Page(priya.ask(LISTS).text).form(LISTS).fields
        disk_of_postgresql.fill()
        answer = priya.ask(LISTS, uploading, PEOPLE)
        assert (answer.status, answer.retry_after) == (503, "60")
        wait_until(lambda: said_by(web) == ("degraded", "full"))
        # Rows still find room in pages that their tables had.
        answer = priya.ask(TABLE, {**fields, "email": "meanwhile@example.org"})
        assert answer.status in (303, 503)
        assert priya.ask(TABLE).status == 200
        statuses = [call(web.port, "not this one") for _ in range(14)]
        assert set(statuses[:10]) <= {401, 503}
        assert statuses[10:] == [429] * 4
        disk_of_postgresql.make_room()
        assert priya.ask(TABLE, {**fields, "email": "afterwards@example.org"}).status == 303
        wait_until(lambda: said_by(web)[1] == "ok")
    assert " 500 " not in (tmp_path / "web.log").read_text()


def test_a_full_disk_of_the_log_fails_no_request(settings, disk, tmp_path):
    with serving(settings, disk.folder / "web.log") as web:
        priya, fields = signed_in(web.port)
        disk.fill()
        for number in range(10):
            email = f"p{number}@example.org"
            assert priya.ask(TABLE, {**fields, "email": email}).status == 303
            assert priya.ask(TABLE).status == 200


def test_an_upload_that_the_disk_cannot_take_is_503_and_nothing_is_kept(settings, tmp_path):
    with (
        small_disk(tmp_path / "small", 0.7) as disk,
        serving(settings, tmp_path / "web.log", TMPDIR=str(disk.folder)) as web,
    ):
        priya, _ = signed_in(web.port)
        uploading = Page(priya.ask(LISTS).text).form(LISTS).fields
        # Large enough to be begun: where nothing can be written, Python takes another folder.
        answer = priya.ask(LISTS, uploading, PEOPLE)
        assert (answer.status, answer.retry_after) == (503, "60")
        assert Page(answer.text).heading == "Nothing can be saved right now"
        assert len(PEOPLE) < reading.BYTES_MOST
        assert priya.ask(LISTS, uploading, b"bo@example.org\n").status == 303
    assert " 500 " not in (tmp_path / "web.log").read_text()
