"""The previous release works while and after a newer one migrates the database.

An upgrade without downtime runs both at once (docs/operating/procedures.md). The old code itself
is run by tests/run/test_upgrade.py, where a checkout has the history. Here what it needs of the
schema is read from a database at its newest migration.
"""

from __future__ import annotations

import pytest
from flask_migrate import upgrade
from sqlalchemy import text

from tests.support.schema_changes import objections, schema
from tests.support.settings import environment
from webapp import create_app
from webapp.config import Settings
from webapp.connections import writing
from webapp.db import Base, db

# The newest migration of the previous release; set with each release to that of the one before.
PREVIOUS = "0018"
# What was dropped after a whole release in which no code used it: why, by table or column.
GIVEN_UP: dict[str, str] = {}
KEPT = "CREATE TABLE told (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL, note VARCHAR(20))"
# What a migration may do beside the previous release, and what it may not.
HARMLESS = (
    "ALTER TABLE job_runs ADD COLUMN more VARCHAR(20)",
    "ALTER TABLE job_runs ADD COLUMN more INTEGER DEFAULT 0 NOT NULL",
    "CREATE INDEX ix_more ON job_runs (last_at)",
    "CREATE UNIQUE INDEX one_more ON job_runs (name, last_at)",  # name is its key
    KEPT,
)
HARMFUL = {
    "ALTER TABLE job_runs RENAME COLUMN runs TO times": "job_runs.runs: dropped or renamed",
    "ALTER TABLE job_runs DROP COLUMN failures": "job_runs.failures: dropped or renamed",
    "ALTER TABLE job_runs RENAME TO jobs": "job_runs: dropped or renamed",
    "CREATE UNIQUE INDEX one_time ON job_runs (last_at)": "job_runs: last_at: unique now",
}
HARMFUL_ON_POSTGRESQL = {
    "ALTER TABLE user_invitations ALTER COLUMN message SET NOT NULL": (
        "user_invitations.message: NULL is refused now"
    ),
    "ALTER TABLE job_runs ADD COLUMN more INTEGER NOT NULL": (
        "job_runs.more: is new, NOT NULL and without a default"
    ),
    "ALTER TABLE users ALTER COLUMN email TYPE VARCHAR(100)": (
        "users.email: VARCHAR(254) became VARCHAR(100)"
    ),
    "ALTER TABLE users ALTER COLUMN email TYPE TEXT": "users.email: VARCHAR(254) became TEXT",
    "ALTER TABLE users ADD CONSTRAINT grown CHECK (id > 0)": "users: the check grown is new",
    "ALTER TABLE users ALTER COLUMN id DROP DEFAULT": ("users.id: has no default any more"),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def previous(request, tmp_path):
    """An application over a database as the previous release left it."""
    url = f"sqlite:///{tmp_path / 'previous.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").create_database("previous")
        request.addfinalizer(lambda: request.getfixturevalue("postgres").drop_database(url))
    app = create_app(Settings.from_mapping(environment(url, "unix:///nowhere.sock", 25)))
    with app.app_context():
        upgrade(revision=PREVIOUS)
        yield app
        db.session.remove()
        db.engine.dispose()


def changed_by(statement):
    """What is found wrong after a statement that is undone again."""
    before = schema(db.engine)
    options = writing(db.engine.dialect)
    with db.engine.connect().execution_options(**options) as connection:
        changing = connection.begin()
        connection.execute(text(statement))
        found = list(objections(before, schema(connection)))
        changing.rollback()
    return found


def test_it_finds_all_that_it_reads_and_writes_after_every_migration_since(previous):
    before = schema(db.engine)
    assert len(before) > 30
    upgrade()
    found = [words for words in objections(before, schema(db.engine)) if not is_given_up(words)]
    assert found == []


def is_given_up(words):
    return words.endswith(": dropped or renamed") and words.partition(":")[0] in GIVEN_UP


def test_what_was_given_up_is_used_by_no_model():
    present = {f"{table.name}.{column.name}" for table in tables() for column in table.columns}
    assert not GIVEN_UP.keys() & {*present, *(table.name for table in tables())}
    assert all(GIVEN_UP.values())


def tables():
    return Base.metadata.tables.values()


def test_what_would_break_it_is_named(previous):
    harmful = dict(HARMFUL)
    if db.engine.dialect.name == "postgresql":  # SQLite makes such tables anew
        harmful |= HARMFUL_ON_POSTGRESQL
    for statement, words in harmful.items():
        assert words in changed_by(statement), statement


@pytest.mark.parametrize("statement", HARMLESS)
def test_what_it_does_not_notice_is_let_through(previous, statement):
    assert changed_by(statement) == []


def test_a_word_more_is_let_through_and_a_word_less_is_not(previous):
    before, after = schema(db.engine), schema(db.engine)
    words = after["memberships"].checks
    (name,) = [name for name in words if "status" in name]
    assert list(objections(before, after)) == []
    words[name] = words[name].replace("'active'", "'active', 'away'")
    assert list(objections(before, after)) == []
    words[name] = words[name].replace("'deactivated'", "'gone'")
    assert "takes other values" in next(objections(before, after))
