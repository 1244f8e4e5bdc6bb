"""Migrations that are killed, kept waiting or run twice at once: nothing is half done."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys

import psycopg
import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import event, text
from sqlalchemy.engine import Engine, make_url

from tests import cast
from tests.support import outages
from webapp import clock
from webapp.config import ROOT
from webapp.db import db
from webapp.domain import imports, invitations, outbox, webhooks
from webapp.domain.imports import runs
from webapp.domain.invitations import acceptances
from webapp.domain.members import roles
from webapp.domain.operations import schema, sweeps

pytestmark = pytest.mark.both_databases
OLDEST = "0013"  # of the trail: what is older has no place for all states
# Kills itself before the first statement that begins so, as if the power had failed.
KILLED = """
import os, signal, sys
from flask.cli import main
from sqlalchemy import event
from sqlalchemy.engine import Engine

@event.listens_for(Engine, "before_cursor_execute")
def look(_connection, _cursor, statement, *_):
    if statement.strip().startswith(os.environ["KILLED_AT"]):
        os.kill(os.getpid(), signal.SIGKILL)

sys.argv = ["flask", "--app", "wsgi", "db", "upgrade"]
main()
"""
# At the first migration, within one that makes a table anew on SQLite, and at the last.
MOMENTS = (
    "UPDATE alembic_version SET version_num='0014'",
    "CREATE TABLE column_choices",
    "UPDATE alembic_version SET version_num='0024'",
)
STATES = {
    "user_invitations": "state",
    "deliveries": "state",
    "memberships": "status",
    "bulk_imports": "state",
    "webhook_endpoints": "state",
    "events": "name",
    "organizations": "suspended_at IS NULL",
    "sessions": "revoked_at IS NULL",
    "suppressions": "reason",
}


@pytest.fixture
def in_every_state(app, smtp, browser):
    """Rows in the states that there are."""
    browser(cast.PRIYA).open("/orgs/acme/members")
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        smtp.script["RCPT TO:<no@example.org>"] = ["550 5.1.1 No such user"]
        names = ("no", "yes", "gone", "later")
        made = {name: cast.invited(f"{name}@example.org") for name in names}
        outbox.drain()
        acceptances.accept(cast.mailed_token(made["yes"]), full_name="Y", password=cast.PASSWORD)
        acceptances.decline(cast.mailed_token(made["no"]))
        invitations.revoke(acme, made["gone"].id, by=priya)
        with clock.ahead(days=9):
            sweeps.expire()
        cast.suppressed()
        cast.invited("waits@example.org")
        roles.deactivate(acme, cast.member(cast.MARCO).id, by=priya)
        cast.listed("preview@example.org")
        imports.start(acme, cast.listed("in@example.org").id, by=priya)
        runs.run_due()
        webhooks.switch_off(acme, cast.webhook().id, by=priya)
        db.session.remove()


def picture(app):
    """How many rows each table has in each state."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            table: sorted(
                map(
                    tuple,
                    connection.execute(
                        text(f"SELECT {state}, COUNT(*) FROM {table} GROUP BY {state}")
                    ),
                ),
                key=str,
            )
            for table, state in STATES.items()
        }


def version(app):
    with app.app_context():
        present = schema.present()
        db.session.remove()
        return present


def go_back(app, revision=OLDEST):
    with app.app_context():
        downgrade(revision=revision)
    outages.renew(app)


def upgraded(settings, *, killed_at=None):
    """`flask db upgrade` in a process of its own, which may be killed before a statement."""
    words = ["-m", "flask", "--app", "wsgi", "db", "upgrade"]
    return subprocess.run(
        [sys.executable, *(words if killed_at is None else ["-c", KILLED])],
        cwd=ROOT,
        env={**settings, "PATH": os.environ["PATH"], "KILLED_AT": killed_at or ""},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_killed_half_way_it_has_changed_nothing_and_runs_again(app, settings, in_every_state):
    before = picture(app)
    assert {"pending", "accepted", "declined", "revoked"} <= dict(before["user_invitations"]).keys()
    go_back(app)
    for statement in MOMENTS:
        done = upgraded(settings, killed_at=statement)
        assert done.returncode == -signal.SIGKILL, f"never came to {statement}"
        assert version(app) == OLDEST
        outages.renew(app)
    assert upgraded(settings).returncode == 0
    assert version(app) == schema.newest()
    assert picture(app) == before


@pytest.fixture
def table_in_use(database, app):
    """Somebody's transaction has the table of imports, and does not end."""
    go_back(app, "0022")  # the next one adds a column to the lines of lists
    if database.startswith("sqlite"):
        connection = sqlite3.connect(make_url(database).database, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
    else:
        connection = psycopg.connect(database.replace("+psycopg", ""))
        connection.execute("SELECT count(*) FROM bulk_import_rows")
    yield connection
    connection.close()


def test_a_table_in_use_is_not_waited_for_long_and_the_words_say_so(app, settings, table_in_use):
    done = upgraded(settings)
    assert done.returncode == 1
    assert "Another transaction has held a table for too long, so nothing was" in done.stderr
    assert "Traceback" not in done.stderr
    assert version(app) == "0022"
    table_in_use.rollback()
    assert upgraded(settings).returncode == 0
    assert version(app) == schema.newest()


def test_two_at_once_are_one_after_the_other(app, settings):
    go_back(app)
    words = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    environment = {**settings, "PATH": os.environ["PATH"]}
    both = [subprocess.Popen(words, cwd=ROOT, env=environment) for _ in range(2)]
    assert [one.wait(120) for one in both] == [0, 0]
    assert version(app) == schema.newest()


def test_the_servers_limits_for_requests_do_not_end_a_migration(app, database):
    """A server may end statements after some time: an index of a large table takes longer."""
    if database.startswith("sqlite"):
        return  # which has none
    go_back(app, "0022")
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as operator:
        name = make_url(database).database
        operator.execute(f"ALTER DATABASE {name} SET statement_timeout = '10min'")
    outages.renew(app)
    seen = []

    def look(_connection, cursor, statement, *_):
        if statement.startswith("ALTER TABLE bulk_import_rows"):
            names = ("statement_timeout", "lock_timeout")
            cursor.execute("SELECT current_setting(%s), current_setting(%s)", names)
            seen.append(cursor.fetchone())

    event.listen(Engine, "before_cursor_execute", look)
    try:
        with app.app_context():
            upgrade()
    finally:
        event.remove(Engine, "before_cursor_execute", look)
    assert set(seen) == {("0", "5s")}
