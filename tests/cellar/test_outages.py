"""What a database's errors are signs of, and that writing is tried without leaving anything."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, TimeoutError

from webapp import outages
from webapp.db import db
from webapp.outages import Outage

SQLITE = {
    "SQLITE_BUSY": Outage.BUSY,
    "SQLITE_BUSY_SNAPSHOT": Outage.BUSY,
    "SQLITE_LOCKED": Outage.BUSY,
    "SQLITE_FULL": Outage.FULL,
    "SQLITE_READONLY": Outage.READ_ONLY,
    "SQLITE_READONLY_DIRECTORY": Outage.READ_ONLY,
    "SQLITE_CANTOPEN": Outage.AWAY,
    "SQLITE_IOERR_WRITE": Outage.AWAY,
    "SQLITE_ERROR": None,
    "SQLITE_CORRUPT": None,
    "SQLITE_CONSTRAINT_UNIQUE": None,
}
POSTGRESQL = {
    "55P03": Outage.BUSY,
    "40001": Outage.BUSY,
    "40P01": Outage.BUSY,
    "53300": Outage.BUSY,
    "57014": Outage.BUSY,
    "53100": Outage.FULL,
    "25006": Outage.READ_ONLY,
    "08006": Outage.AWAY,
    "57P01": Outage.AWAY,
    "57P03": Outage.AWAY,
    "58030": Outage.AWAY,
    "42P01": None,
    "23505": None,
    "22001": None,
}


@pytest.mark.parametrize("name", SQLITE)
def test_sqlites_codes(name):
    cause = sqlite3.OperationalError("words")
    cause.sqlite_errorcode = getattr(sqlite3, name)
    assert outages.of(DBAPIError("", {}, cause)) is SQLITE[name]


@pytest.mark.parametrize("state", POSTGRESQL)
def test_postgresqls_codes(state):
    cause = psycopg.errors.lookup(state)("words")
    assert outages.of(DBAPIError("", {}, cause)) is POSTGRESQL[state]


def test_other_signs():
    assert outages.of(TimeoutError()) is Outage.BUSY
    assert outages.of(DBAPIError("", {}, psycopg.OperationalError("refused"))) is Outage.AWAY
    assert outages.of(IntegrityError("", {}, psycopg.IntegrityError("x"))) is None
    assert outages.of(ValueError("x")) is None
    assert outages.of(OSError(errno.ENOSPC, "No space left on device")) is Outage.FULL
    assert outages.of(OSError(errno.EACCES, "Permission denied")) is None


def contents(url):
    """All that another connection sees of the database."""
    if db.engine.dialect.name == "sqlite":
        with sqlite3.connect(make_url(url).database) as other:
            return list(other.iterdump())
    with db.engine.connect() as other:
        return other.execute(text("SELECT relname FROM pg_class ORDER BY relname")).all()


@pytest.mark.both_databases
def test_to_try_leaves_nothing_behind(in_app, database):
    before = contents(database)
    assert [outages.of_writing(1) for _ in range(3)] == [None] * 3
    assert contents(database) == before
    assert db.session.scalar(text("SELECT count(*) FROM users")) > 0
    assert db.engine.pool.checkedout() <= 1


def test_another_writer_is_found_out_and_waited_for_no_longer_than_asked(in_app, database):
    with sqlite3.connect(make_url(database).database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert outages.of_writing(0.1) is Outage.BUSY
        other.execute("ROLLBACK")
    other.close()
    assert outages.of_writing(0.1) is None


def test_a_database_that_cannot_grow_is_found_out(in_app):
    event.listen(db.engine, "connect", no_larger)
    db.session.remove()
    db.engine.dispose()
    assert outages.of_writing(0.1) is Outage.FULL
    event.remove(db.engine, "connect", no_larger)
    db.engine.dispose()
    assert outages.of_writing(0.1) is None


def no_larger(connection, _record):
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")


def test_a_folder_that_is_gone_is_found_out(make_app, tmp_path):
    app = make_app(DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/x.db")
    with app.app_context():
        assert outages.of_writing(0.1) is Outage.AWAY


def test_a_server_that_takes_no_writes_is_found_out(make_app, postgres):
    url = postgres.create_database("only_to_read")
    app = make_app(DATABASE_URL=url)
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(text("ALTER DATABASE only_to_read SET default_transaction_read_only=on"))
    with app.app_context():
        db.engine.dispose()
        assert outages.of_writing(0.1) is Outage.READ_ONLY
        db.engine.dispose()
    postgres.drop_database(url)
    with app.app_context():
        assert outages.of_writing(0.1) is Outage.AWAY


def modes(folder: Path):
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


def test_a_new_file_and_all_beside_it_are_its_owners_alone(make_app, tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    app = make_app(DATABASE_URL=f"sqlite:///{folder}/x.db")
    with app.app_context():
        write()
        assert {"x.db", "x.db-wal", "x.db-shm", "x.db-writer"} <= set(modes(folder))
        assert set(modes(folder).values()) == {0o600}


def write():
    with db.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE x (y)")
        connection.commit()
        assert outages.of_writing(0.1) is None


def test_a_file_that_was_there_keeps_its_mode(make_app, tmp_path):
    file = tmp_path / "old.db"
    file.touch()
    file.chmod(0o640)
    with make_app(DATABASE_URL=f"sqlite:///{file}").app_context():
        write()
    assert file.stat().st_mode & 0o777 == 0o640
