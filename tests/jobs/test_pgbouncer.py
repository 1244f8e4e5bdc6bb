"""Gatehouse behind PgBouncer in transaction mode, where no connection is anybody's for long."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import bindparam, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from tests import cast
from tests.support import backups
from tests.support.client import Browser
from tests.support.commands import Commands
from tests.support.gunicorn import serving
from tests.support.page import Page
from tests.support.pgbouncer import pgbouncer
from tests.support.processes import wait_until
from tests.support.proxies import Caller
from tests.support.settings import environment
from tests.support.smtp import self_signed
from webapp import clock, connections, outages, poolers, postgres_programs
from webapp.db import db
from webapp.domain.operations import database_ways
from webapp.models import Invitation
from webapp.outages import Outage
from webapp.prepared_statements import PreparedChange

CONNECTIONS = 3  # of the pooler to the server
ADMINS, EACH = 4, 3
ORIGIN = "http://gatehouse.test"
INVITATIONS = "/orgs/acme/invitations"
PASSWORD = "seven bars and a half"
LEVEL = re.compile(r"^\d{4}-\d\d-\d\d \S+ ([A-Z]+) ", re.MULTILINE)


@pytest.fixture
def direct(postgresql_template):
    """The URL of the database itself."""
    with postgresql_template.copy("behind_pgbouncer") as url:
        yield url


@pytest.fixture
def pooler(direct):
    with pgbouncer(direct, connections=CONNECTIONS) as pooler:
        yield pooler


@pytest.fixture
def settings(direct, pooler, redis, smtp):
    return environment(pooler.url(direct), redis.url, smtp.port) | {"TRUSTED_PROXIES": "1"}


def mailed_link(smtp, email):
    """The link in the mail to that address, once it has come."""

    def found():
        return [mail for mail in list(smtp.messages) if mail.rcpt_to == [email]]

    wait_until(found)
    body = found()[0].message.get_body(("plain",)).get_content()
    url = urlsplit(re.search(rf"{ORIGIN}/register\S+", body)[0])
    return f"{url.path}?{url.query}"


class Person:
    """Somebody with a browser, at a network address of their own."""

    def __init__(self, address, number):
        self.caller = Caller(address)
        self.headers = {"X_Forwarded_For": f"192.0.2.{number}"}

    def get(self, path):
        """The page or file at this path."""
        return self._good(self.caller.call(path, **self.headers))

    def send(self, page, action, **typed):
        """Fill in the form of the page and press its button."""
        fields = Page(self.get(page)).form(action).fields
        return self._good(
            self.caller.call(action, {**fields, **typed}, Origin=ORIGIN, **self.headers)
        )

    def _good(self, answer):
        assert answer.status == 200, answer
        return answer.text


def journey(address, smtp, number):
    """An admin invites people one after the other, and each of them joins."""
    priya = Person(address, number)
    priya.send("/login", "/login", email=cast.PRIYA, password=cast.PASSWORD)
    for each in range(EACH):
        email = f"p{number}.{each}@example.org"
        priya.send(f"{INVITATIONS}/new", INVITATIONS, email=email)
        assert email in priya.get(INVITATIONS)
        guest = Person(address, 100 + number)
        typed = {"full_name": f"Guest {number}", "username": f"guest{number}.{each}"}
        guest.send(mailed_link(smtp, email), "/register", password=PASSWORD, **typed)
        assert "Accepted" in priya.get(f"{INVITATIONS}?q={email}")
        assert "invited" in priya.get("/orgs/acme/reports/invitations.csv")
    assert email in priya.get("/orgs/acme/audit/trail.jsonl")


def run(words, tmp_path, settings):
    """`flask --app wsgi` with these words."""
    environment = {"PATH": os.environ["PATH"], **settings}
    return Commands(tmp_path).run(words.split(), environment, None)


def test_people_sign_in_invite_and_join_at_once_and_nothing_fails(
    settings, direct, pooler, process, smtp, tmp_path
):
    logs = [tmp_path / "web.log", tmp_path / "processes.log"]
    process("jobs.worker")
    process("jobs.schedule")
    with serving(settings, logs[0]) as server, ThreadPoolExecutor(ADMINS) as pool:
        address = f"http://127.0.0.1:{server.port}"
        for done in [pool.submit(journey, address, smtp, number) for number in range(ADMINS)]:
            done.result()
        (figures,) = pooler.pools(direct)
    assert figures["pool_mode"] == "transaction"
    assert {level for log in logs for level in LEVEL.findall(log.read_text())} == {"INFO"}
    verified = run("audit verify", tmp_path, settings)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert re.search(r"^acme: \d+ lines, whole", verified.stdout, re.MULTILINE)


def servers_say(url, question):
    """The answer of each of the pooler's connections to the server."""
    answers = Barrier(CONNECTIONS)

    def ask(_):
        with psycopg.connect(url.replace("+psycopg", ""), prepare_threshold=None) as connection:
            process, answer = connection.execute(question).fetchone()
            answers.wait()  # no two of them at once are the same
            return process, answer

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return dict(pool.map(ask, range(CONNECTIONS)))


def test_nothing_of_ours_stays_on_a_connection_that_others_use(settings, app, tmp_path):
    url = settings["DATABASE_URL"]
    assert run("db downgrade", tmp_path, settings).returncode == 0
    assert run("db upgrade", tmp_path, settings).returncode == 0
    with app.app_context():
        cast.invited("bo@example.org")
        for _ in range(10):  # psycopg prepares what it has sent five times
            cast.person()
    settings_kept = "SELECT count(*) FROM pg_settings WHERE source = 'session' AND name ~ 'timeout'"
    for kept in (settings_kept, "SELECT count(*) FROM pg_prepared_statements"):
        said = servers_say(url, f"SELECT pg_backend_pid(), ({kept})")
        assert set(said.values()) == {0}
        assert len(said) == CONNECTIONS


def invited():
    cast.invited("bo@example.org")


def opened():
    """By one statement, which a direct connection makes a transaction by itself."""
    some = update(Invitation).where(Invitation.email_key == bindparam("whose"))
    opening = PreparedChange(some.values(opened_at=bindparam("now")))
    assert not opening.once(whose="bo@example.org", now=clock.now())


@pytest.mark.parametrize("write", [invited, opened])
def test_a_writer_waits_no_longer_for_another_than_it_would_without_a_pooler(
    app, direct, monkeypatch, write
):
    monkeypatch.setattr(connections, "BUSY_MS", 100)
    with app.app_context(), psycopg.connect(direct.replace("+psycopg", "")) as other:
        other.execute(f"ALTER DATABASE {make_url(direct).database} SET statement_timeout = '30s'")
        other.commit()  # so that this test ends even if the limit were not there
        other.execute("LOCK TABLE user_invitations IN EXCLUSIVE MODE")
        with pytest.raises(OperationalError) as refused:
            write()
        assert isinstance(refused.value.orig, psycopg.errors.LockNotAvailable)
        assert outages.of(refused.value) is Outage.BUSY
        other.rollback()
        write()
        db.session.remove()


def test_a_read_replica_may_be_behind_a_pooler_as_well(settings, make_app, secrets, caplog):
    app = make_app(DATABASE_READ_URL=settings["DATABASE_URL"])
    marco = Browser(app, secrets)
    marco.sign_in(cast.MARCO, cast.PASSWORD)
    for _ in range(6):
        marco.open("/orgs/acme/reports")
        assert "All 3 invitations" in marco.page.words
    assert "gatehouse.replicas" not in {record.name for record in caplog.records}


def test_doctor_says_how_readers_get_a_limit(settings, direct, tmp_path):
    name = make_url(direct).database
    told = run("doctor", tmp_path, settings).stdout
    assert f"database\tok: {database_ways.ENDLESS}\n" in told
    with psycopg.connect(direct.replace("+psycopg", ""), autocommit=True) as operator:
        operator.execute(f"ALTER ROLE postgres IN DATABASE {name} SET lock_timeout = '15s'")
    with pgbouncer(direct) as fresh:
        told = run("doctor", tmp_path, settings | {"DATABASE_URL": fresh.url(direct)}).stdout
    assert "database\tok: through a pooler\n" in told


def test_a_direct_connection_keeps_its_prepared_statements_and_its_limit(make_app, direct):
    app = make_app(DATABASE_URL=direct)
    with app.app_context():
        with db.engine.connect() as connection:
            assert not poolers.is_pooled(connection)
            for _ in range(10):
                connection.execute(text("SELECT 1"))
            prepared = text("SELECT count(*) FROM pg_prepared_statements")
            assert connection.scalar(prepared) > 0
            assert connection.scalar(text("SHOW lock_timeout")) == "15s"
        db.session.remove()


def test_the_certificate_of_a_managed_server_is_verified(direct, settings, tmp_path):
    _, certificate = self_signed(tmp_path, "localhost")
    other = tmp_path / "other"
    other.mkdir()
    _, stranger = self_signed(other, "localhost")
    with pgbouncer(direct, certificate) as managed:
        for root, word in ((certificate, "ok: "), (stranger, "away: ")):
            url = managed.tls_url(direct, sslmode="verify-full", sslrootcert=str(root))
            told = run("doctor", tmp_path, settings | {"DATABASE_URL": url}).stdout
            assert f"database\t{word}" in told


@pytest.mark.parametrize("command", ["backup", "restore --yes"])
def test_backups_ask_for_a_direct_connection(settings, direct, tmp_path, command):
    there = {"PATH": backups.path()}
    file = tmp_path / "backup"
    made = run(f"backup {file}", tmp_path, settings | there | {"DATABASE_URL": direct})
    assert made.returncode == 0, made.stderr
    path = file if "restore" in command else tmp_path / "another"
    refused = run(f"{command} {path}", tmp_path, settings | there)
    assert refused.returncode == 1
    assert postgres_programs.POOLED in refused.stderr
