"""Bad days of a whole installation, under load: `make faults` has the long forms, and the figures.

Each breaks one part while people read and invite. Whatever breaks: every request is answered, by
a page or by 503 with the time to come again; all who were invited are in the table and get their
mail; and everything goes on by itself once the part is back.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from pathlib import Path

import psycopg
import pytest

from tests.support.account import Account
from tests.support.gunicorn import serving
from tests.support.load import Load
from tests.support.postgres import PostgresServer
from tests.support.processes import kill, wait_until
from tests.support.smtp import Drip
from tests.support.templates import Template
from webapp.connections import BUSY_MS

FROZEN_SECONDS = 10.0
WARM = 20  # answers before anything breaks


@pytest.fixture
def settings(settings):
    return {**settings, "INVITATIONS_PER_ADMIN_PER_DAY": "100000"}


@pytest.fixture
def on_postgresql(settings):
    """A PostgreSQL of this test's own, which it may stop, under everything that it starts."""
    server = PostgresServer(durable=True)
    with Template(server).copy("of_the_test") as url:
        settings["DATABASE_URL"] = url
        yield server
        server.thaw()
    server.stop()


@pytest.fixture
def web(settings, tmp_path, secrets):
    """Two web processes; nothing secret is in their log."""
    log = tmp_path / "web.log"
    with serving(settings, log) as server:
        yield server
    assert not secrets.found_in(log.read_text())


@pytest.fixture
def account(make_app, smtp, travel, process):
    """What came of it all, to be settled at the end of the test."""
    return Account(make_app(), smtp, travel, [process("jobs.worker"), process("jobs.schedule")])


def warm(load):
    """Let the load begin."""
    wait_until(lambda: len(load.answers) > WARM)


def pass_by(seconds):
    """Let the load go on for so long."""
    until = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > until)


def recover(load):
    """Wait until all is answered as before."""
    after = len(load.answers)
    wait_until(lambda: load.went_well_since(after))


def test_postgresql_restarted_at_once(on_postgresql, web, account):
    with Load(web.port) as load:
        warm(load)
        on_postgresql.restart_immediately()
        recover(load)
    # The scheduler or the worker may have lost its connection between a mail and its outcome.
    account.settle("PostgreSQL restarted (immediate)", load, twice=2)


def test_postgresql_frozen_for_ten_seconds(on_postgresql, web, account):
    with Load(web.port) as load:
        warm(load)
        on_postgresql.freeze()
        pass_by(FROZEN_SECONDS)
        on_postgresql.thaw()
        recover(load)
    assert load.slowest < FROZEN_SECONDS * 0.8
    account.settle("PostgreSQL frozen for 10 s", load, twice=2)


def test_postgresql_without_a_connection_to_spare(on_postgresql, web, account, settings):
    url = settings["DATABASE_URL"].replace("+psycopg", "")
    taken = []
    with Load(web.port, readers=4) as load:
        warm(load)
        with psycopg.connect(url, autocommit=True) as operator:
            operator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            try:
                while True:
                    taken.append(psycopg.connect(url))
            except psycopg.OperationalError:
                pass
            pass_by(3)
        for connection in taken:
            connection.close()
        recover(load)
    account.settle("PostgreSQL's connections all taken", load, twice=2)


def test_sqlite_held_by_another_writer_for_three_seconds(web, account, settings):
    other = sqlite3.connect(settings["DATABASE_URL"].removeprefix("sqlite:///"), timeout=30)
    other.isolation_level = None
    with Load(web.port) as load:
        warm(load)
        other.execute("BEGIN IMMEDIATE")
        pass_by(3)
        other.execute("ROLLBACK")
        recover(load)
    other.close()
    assert set(load.statuses) == {200, 303}  # it is waited for
    account.settle("SQLite held for 3 s", load, slowest=BUSY_MS / 1000)


@pytest.mark.parametrize("trouble", ["stopped", "frozen", "flushed", "restarted empty"])
def test_redis(web, account, redis, trouble):
    with Load(web.port) as load:
        warm(load)
        match trouble:
            case "stopped":
                redis.kill()
                pass_by(3)
                redis.restart()
            case "frozen":
                redis.freeze()
                pass_by(3)
                redis.thaw()
            case "flushed":
                redis.client().flushall()
            case "restarted empty":
                redis.restart_empty()
        recover(load)
    assert set(load.statuses) == {200, 303}
    account.settle(f"Redis {trouble}", load)


def test_a_web_process_killed(web, account):
    with Load(web.port) as load:
        warm(load)
        victim = web.workers()[0]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(web.workers()) == 2 and victim not in web.workers())
        recover(load)
    # What it was doing is cut off: at most one request for each of its threads.
    account.settle("A web process killed", load, cut=4)


def test_a_worker_killed(web, account, process):
    with Load(web.port) as load:
        warm(load)
        kill(account.processes[0])
        account.processes.append(process("jobs.worker"))
        recover(load)
    account.settle("A worker killed", load, twice=1)


def test_the_process_of_a_job_killed(web, account, smtp):
    smtp.script["RCPT TO"] = Drip(0.01)
    worker = account.processes[0]
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
    with Load(web.port) as load:
        warm(load)
        wait_until(lambda: children.read_text().split())
        for child in children.read_text().split():
            os.kill(int(child), signal.SIGKILL)
        recover(load)
    assert worker.poll() is None
    account.settle("The process of a job killed", load, twice=1)


def test_two_schedulers_and_two_workers(web, account, process):
    account.processes += [process("jobs.schedule"), process("jobs.worker")]
    with Load(web.port) as load:
        warm(load)
        pass_by(3)
        recover(load)
    account.settle("Two schedulers, two workers", load)


def test_a_mail_server_that_answers_byte_by_byte(web, account, smtp):
    smtp.script["RCPT TO"] = Drip(0.05)
    with Load(web.port, inviters=1) as load:
        warm(load)
        wait_until(lambda: smtp.messages)
        recover(load)
    smtp.script.clear()
    account.settle("A mail server in slow motion", load)


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_worker_whose_clock_is_ten_minutes_off(web, make_app, smtp, travel, minutes):
    account = Account(make_app(), smtp, travel, [])
    with Load(web.port) as load:
        warm(load)
    travel(minutes=minutes)
    account.drain()
    travel(minutes=-minutes)
    account.settle(f"A worker's clock {minutes:+} minutes off", load)
