"""`flask doctor`, as the operator runs it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from webapp.domain import outbox

NAMES = [
    "settings",
    "proxies",
    "database",
    "files",
    "migrations",
    "redis",
    "smtp",
    "clock",
    "mail",
    "queue",
    "scheduler",
]


def told(done):
    return dict(line.split("\t", 1) for line in done.stdout.splitlines())


@pytest.mark.both_databases
def test_it_says_one_line_for_each_part_and_finds_nothing_wrong(flask, app):
    with app.app_context():
        outbox.drain()  # the cast's mails are as old as the database that each test copies
    done = flask("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(told(done)) == NAMES
    assert told(done)["settings"] == "ok: test, http://gatehouse.test"
    assert told(done)["scheduler"].startswith("note: never: The scheduler has never run")


def test_it_finds_what_is_wrong(flask, redis, tmp_path):
    redis.kill()
    wrong = flask("doctor", DATABASE_URL=f"sqlite:///{tmp_path}/new.db", MAIL_PORT="1")
    assert wrong.returncode == 1
    found = told(wrong)
    assert found["database"] == "ok"
    assert "run `flask --app wsgi db upgrade`" in found["migrations"]
    assert found["redis"].startswith("away: Redis does not respond.")
    assert found["smtp"] == "wrong: Connection refused by 127.0.0.1:1"
    assert found["mail"].startswith("unknown")


def test_a_database_that_others_can_read_is_wrong_and_a_new_one_is_not(flask):
    with tempfile.TemporaryDirectory(prefix="gatehouse-") as name:  # pytest's lets nobody else in
        folder = Path(name)
        folder.chmod(0o755)
        new, old = folder / "new.db", folder / "old.db"
        for file in (new, old):
            flask("db", "upgrade", DATABASE_URL=f"sqlite:///{file}")
        assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
        assert told(flask("doctor", DATABASE_URL=f"sqlite:///{new}"))["files"] == f"ok: {new}"
        old.chmod(0o644)
        done = flask("doctor", DATABASE_URL=f"sqlite:///{old}")
        assert done.returncode == 1
        said = f"open: Other users of this machine can read the database. Run: chmod 600 {old}"
        assert told(done)["files"].startswith(said)
        assert old.stat().st_mode & 0o777 == 0o644
        folder.chmod(0o700)  # now nobody else gets that far
        assert told(flask("doctor", DATABASE_URL=f"sqlite:///{old}"))["files"] == f"ok: {old}"


def test_a_command_says_in_a_line_that_the_database_is_away(flask, tmp_path):
    done = flask("org", "list", DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/x.db")
    assert done.returncode == 1
    said = "Error: The database is away, so this was not finished. Try again later."
    assert done.stderr.strip().splitlines()[-1] == said
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named_before_anything_else(flask):
    done = flask("doctor", PUBLIC_URL="ftp://x", LOG_FORMAT="xml")
    assert done.returncode == 1
    assert "PUBLIC_URL" in done.stderr + done.stdout
    assert "LOG_FORMAT" in done.stderr + done.stdout


def test_an_https_address_without_a_word_about_proxies_is_wrong(flask):
    https = {"PUBLIC_URL": "https://gatehouse.test"}
    done = flask("doctor", **https)
    assert done.returncode == 1
    assert told(done)["proxies"].startswith("unset: PUBLIC_URL is https but TRUSTED_PROXIES is not")
    # What it says when asked, a command says nowhere else.
    assert "TRUSTED_PROXIES" not in done.stderr
    assert "TRUSTED_PROXIES" not in flask("org", "list", **https).stderr
    for count, words in (("0", "none"), ("1", "1"), ("2", "2")):
        done = flask("doctor", TRUSTED_PROXIES=count, **https)
        assert told(done)["proxies"] == f"ok: {words} in front"
    assert told(flask("doctor"))["proxies"] == "ok: none in front"


def test_a_refused_sign_in_at_the_mail_server_is_wrong(flask, smtp, secrets):
    smtp.accounts["gatehouse"] = "another password"
    done = flask("doctor", MAIL_USERNAME="gatehouse", MAIL_PASSWORD="the wrong password")
    assert done.returncode == 1
    assert told(done)["smtp"].startswith("wrong: 535")
    assert "the wrong password" not in done.stdout
