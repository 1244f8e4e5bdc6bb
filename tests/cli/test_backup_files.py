"""A backup is whole or not there, and a file that cannot be restored changes nothing."""

from __future__ import annotations

import os
import pwd
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url

from tests import cast
from tests.support import backups, outages
from webapp.config import ROOT
from webapp.connections import writing
from webapp.db import db
from webapp.models import Event, Invitation

pytestmark = pytest.mark.both_databases
BO, CY = "bo@example.org", "cy@example.org"


def invited(app, email):
    with app.app_context():
        found = cast.invitation(email)
        db.session.remove()
        return found is not None


def test_a_backup_is_for_its_owner_only_and_names_what_is_not_in_it(operator):
    told = operator.backs_up()
    assert stat.S_IMODE(operator.file.stat().st_mode) == 0o600
    assert list(operator.file.parent.iterdir()) == [operator.file]
    assert "Not in it, and needed to restore it: SECRET_KEY." in told


def test_it_names_the_other_secrets_that_are_set(operator):
    secrets = {"MAIL_PASSWORD": "hunter2-hunter2", "METRICS_TOKEN": "a-token-for-the-scraper"}
    done = operator.run("backup", str(operator.file), **secrets)
    assert "needed to restore it: SECRET_KEY, MAIL_PASSWORD, METRICS_TOKEN." in done.stdout
    assert not set(secrets.values()) & set(done.stdout.split())


def test_a_file_that_is_there_is_not_overwritten(operator):
    operator.file.write_text("the only backup")
    done = operator.run("backup", str(operator.file))
    assert (done.returncode, "exists already" in done.stderr) == (1, True)
    assert operator.file.read_text() == "the only backup"


@pytest.mark.parametrize(
    ("place", "words"),
    [("nowhere/backup", "there is no such file or folder"), ("/sys/backup", "by this user")],
)
def test_a_place_that_cannot_be_written_is_named(operator, place, words):
    done = operator.run("backup", str(operator.file.parent / place))
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert words in done.stderr


@pytest.mark.parametrize("words", [("backup",), ("restore", "--yes")])
def test_a_disk_that_gets_full_leaves_nothing_half_done(operator, app, database, settings, words):
    is_sqlite = database.startswith("sqlite")
    if words[0] == "restore":
        operator.backs_up()
        if not is_sqlite:
            return  # it is PostgreSQL's disk then
    # In blocks of 512 bytes: less than the copy takes, and enough to open SQLite's file.
    most = 512 if is_sqlite else 32
    before = list(operator.file.parent.iterdir()), backups.names(database)
    outages.renew(app)
    done = subprocess.run(
        [
            *("sh", "-c", f'ulimit -f {most}; exec "$@"', "sh"),
            *(sys.executable, "-m", "flask", "--app", "wsgi", *words, str(operator.file)),
        ],
        cwd=ROOT,
        # Python would leave half of its compiled modules behind.
        env={**settings, "PATH": backups.path(), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout
    assert "There is no room for" in done.stderr or "SIGXFSZ" in done.stderr
    assert "Traceback" not in done.stderr
    assert (list(operator.file.parent.iterdir()), backups.names(database)) == before


def test_a_backup_under_a_writer_holds_one_moment_and_waits_for_nobody(operator, app):
    """The writer has written half of its transaction when the backup begins and ends."""
    half_written, is_backed_up = threading.Event(), threading.Event()

    def write():
        with app.app_context():
            options = writing(db.engine.dialect)
            with db.engine.connect().execution_options(**options) as writer, writer.begin():
                writer.execute(text("UPDATE organizations SET name = 'Half' WHERE slug = 'acme'"))
                half_written.set()
                assert is_backed_up.wait(60)
                writer.execute(text("UPDATE organizations SET name = 'Half' WHERE slug = 'evil'"))

    outages.renew(app)
    thread = threading.Thread(target=write)
    thread.start()
    assert half_written.wait(30)
    try:
        done = operator.run_beside("backup", str(operator.file))
        assert (done.returncode, done.stderr) == (0, "")
    finally:
        is_backed_up.set()
        thread.join(30)
    with app.app_context():
        assert [cast.organization(slug).name for slug in ("acme", "evil")] == ["Half", "Half"]
    operator.restores()
    with app.app_context():
        assert [cast.organization(slug).name for slug in ("acme", "evil")] == ["Acme", "Evil Corp"]


def test_a_restore_asks_and_no_is_an_answer(operator, app, database):
    operator.backs_up()
    with app.app_context():
        cast.invited(BO)
    done = operator.run("restore", str(operator.file), input=b"n\n")
    assert (done.returncode, "Stop all processes of Gatehouse first" in done.stdout) == (1, True)
    assert invited(app, BO)
    assert len(backups.names(database)) == 1


def damaged(content, kind):
    """The backup with a byte in the middle, or its end, gone; or another file altogether."""
    middle = len(content) // 2
    return {
        "cut short": content[:middle],
        "overwritten": content[:middle] + b"\xff" * 5000 + content[middle + 5000 :],
        "empty": b"",
        "a text": b"-- a dump in plain SQL\n" * 100,
    }[kind]


@pytest.mark.parametrize("kind", ["cut short", "overwritten", "empty", "a text"])
def test_a_damaged_file_is_refused_and_nothing_is_changed(operator, app, database, kind):
    operator.backs_up()
    operator.file.write_bytes(damaged(operator.file.read_bytes(), kind))
    with app.app_context():
        cast.invited(BO)
    said = operator.is_refused()
    assert said.startswith("Error: ")
    assert invited(app, BO)
    assert len(backups.names(database)) == 1
    assert operator.run("audit", "verify").returncode == 0


def test_a_file_that_is_not_there_or_of_another_program_is_refused(operator, app, database):
    assert "there is no such file or folder" in operator.is_refused()
    foreign(database, operator.file)
    assert "is not a backup of Gatehouse" in operator.is_refused()
    assert len(backups.names(database)) == 1


def foreign(database, file):
    """A sound backup of some other program's database."""
    if database.startswith("sqlite"):
        with sqlite3.connect(file) as connection:
            connection.execute("CREATE TABLE notes (text TEXT)")
        connection.close()
        return
    plain = make_url(database).set(drivername="postgresql", database="template1")
    program = f"{backups.path().partition(':')[0]}/pg_dump"
    address = plain.render_as_string(hide_password=False)
    subprocess.run([program, "--format=custom", f"--file={file}", address], check=True)


def test_a_backup_of_the_other_kind_of_database_is_refused(operator, database):
    is_sqlite = database.startswith("sqlite")
    operator.file.write_bytes(b"PGDMP" if is_sqlite else b"SQLite format 3\0")
    own, other = ("SQLite", "PostgreSQL") if is_sqlite else ("PostgreSQL", "SQLite")
    said = operator.is_refused()
    assert f"is a backup of {other}, but DATABASE_URL names a database of {own}." in said


def set_version(app, version):
    with app.app_context():
        options = writing(db.engine.dialect)
        with db.engine.connect().execution_options(**options) as connection, connection.begin():
            connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def test_a_backup_of_a_later_version_is_refused(operator, app, database):
    set_version(app, "9999")
    operator.backs_up()
    set_version(app, "0024")
    said = operator.is_refused()
    assert "was made by a newer version of Gatehouse (database 9999;" in said
    assert len(backups.names(database)) == 1


def test_a_backup_of_an_earlier_version_is_brought_up_to_date(operator, app):
    assert operator.run("db", "downgrade", "0021").returncode == 0
    operator.backs_up()
    assert operator.run("db", "upgrade").returncode == 0
    assert "The backup is of database 0021" in operator.restores()
    assert operator.run("db", "check").returncode == 0
    with app.app_context():
        assert cast.member(cast.CHEN).is_active


def test_while_a_process_is_connected_nothing_is_restored(operator, app, database):
    operator.backs_up()
    with app.app_context():
        connection = db.engine.connect()
        connection.execute(select(func.count()).select_from(Event))
        connection.commit()
        said = operator.run_beside("restore", str(operator.file), "--yes").stderr
        assert "is in use by" in said
        assert "Stop all web processes, workers and schedulers" in said
        connection.close()
    assert len(backups.names(database)) == 1
    operator.restores()


def test_the_database_before_is_kept_as_it_was(operator, app, database):
    operator.backs_up()
    with app.app_context():
        cast.invited(BO)
    operator.restores()
    assert not invited(app, BO)
    kept = next(
        name for name in backups.names(database) if ".before_" in name or "_before_" in name
    )
    with app.app_context():
        url = db.engine.url
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(f"{url.database}".replace("of_the_test.db", kept))
    else:
        plain = url.set(drivername="postgresql", database=kept)
        connection = psycopg.connect(plain.render_as_string(hide_password=False))
    query = str(select(func.count()).where(Invitation.email == text(f"'{BO}'")))
    assert connection.execute(query).fetchone() == (1,)
    connection.close()


def test_the_restored_file_belongs_to_the_user_of_the_one_before(operator, app, database):
    """Root may restore it for the processes, which run as somebody else."""
    if database.startswith("postgresql"):
        return  # the server's own user has its files
    operator.backs_up()
    file = Path(make_url(database).database)
    is_root = os.geteuid() == 0
    owner = pwd.getpwnam("nobody").pw_uid if is_root else os.geteuid()
    if is_root:
        outages.renew(app)
        os.chown(file, owner, -1)
    operator.restores()
    assert file.stat().st_uid == owner
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_another_secret_key_is_refused_unless_it_is_lost(operator, app):
    operator.backs_up()
    other = {"SECRET_KEY": "another-key-of-the-tests-0123456789"}
    assert "This backup was made with another SECRET_KEY" in operator.is_refused(**other)
    fallback = {**other, "SECRET_KEY_FALLBACKS": "the-key-of-the-tests-0123456789abcdef"}
    operator.restores(**fallback)
    operator.restores("--lost-key", **other)


def test_a_present_database_that_cannot_be_read_is_left_unless_the_operator_says_so(
    operator, app, database
):
    operator.backs_up()
    spoil(app, database)
    assert "The present database cannot be read" in operator.is_refused()
    told = operator.restores("--ignore-present")
    assert "There was no database to say what happened" in told
    with app.app_context():
        assert cast.member(cast.CHEN).is_active


def spoil(app, database):
    """Pages or tables of the present database are gone."""
    outages.renew(app)
    if database.startswith("sqlite"):
        with open(make_url(database).database, "r+b") as file:
            file.seek(100)
            file.write(os.urandom(20_000))
    else:
        with app.app_context(), db.engine.connect() as connection:
            connection.execute(text("ALTER TABLE users RENAME COLUMN created_at TO at"))


def test_a_password_is_in_no_command_line(operator, app, database, tmp_path):
    if database.startswith("sqlite"):
        operator.backs_up()  # by no program
        return
    seen = tmp_path / "seen"
    seen.mkdir()
    real = backups.path()
    for name in ("pg_dump", "pg_restore"):
        program = seen / name
        program.write_text(f'#!/bin/sh\necho "$@" >> {seen}/words\nPATH={real} exec {name} "$@"\n')
        program.chmod(0o700)
    url = make_url(database).set(password="a-password-of-the-database")
    options = {"PATH": f"{seen}:{real}", "DATABASE_URL": url.render_as_string(hide_password=False)}
    for command in (("backup",), ("restore", "--yes")):
        done = operator.run(command[0], str(operator.file), *command[1:], **options)
        assert done.returncode == 0, done.stderr
        assert "a-password-of-the-database" not in done.stdout + done.stderr
    words = (seen / "words").read_text()
    assert words.count("--dbname=") == 2
    assert "a-password-of-the-database" not in words


def test_missing_and_older_programs_of_postgresql_are_named(operator, database, tmp_path):
    if database.startswith("sqlite"):
        operator.run("backup", str(operator.file), PATH="/nowhere")  # it needs none
        assert operator.file.exists()
        return
    done = operator.run("backup", str(operator.file), PATH="/nowhere")
    assert "pg_dump is not on PATH. Install PostgreSQL's client programs" in done.stderr
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o700)
    done = operator.run("backup", str(operator.file), PATH=f"{tmp_path}:{backups.path()}")
    assert "pg_dump is of PostgreSQL 9, but the server is 18." in done.stderr
    assert "postgresql-client-18" in done.stderr
    assert not operator.file.exists()
