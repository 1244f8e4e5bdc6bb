"""`flask doctor`, as the operator runs it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.gunicorn import serving
from tests.support.receiver import Receiver
from webapp import signing
from webapp.domain import outbox
from webapp.domain.operations import web_check

NAMES = [
    "settings",
    "proxies",
    "web",
    "public",
    "database",
    "files",
    "migrations",
    "redis",
    "smtp",
    "clock",
    "mail",
    "admins",
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
    assert told(done)["web"].startswith("note: away: No web process answers at 127.0.0.1:1: ")
    assert told(done)["public"].startswith("note: away: http://gatehouse.test cannot be reached")


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


@pytest.fixture
def web(settings, tmp_path):
    with serving(settings, tmp_path / "web.log") as server:
        yield server


def at(port):
    """Settings of an installation whose port and public address these are."""
    return {"PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}"}


def test_it_knows_its_own_web_process_at_its_port_and_behind_the_public_address(flask, web):
    found = told(flask("doctor", **at(web.port)))
    assert found["web"] == f"ok: 127.0.0.1:{web.port}"
    assert found["public"] == f"ok: http://127.0.0.1:{web.port}"


def test_a_web_process_of_another_installation_is_another_program(flask, web):
    done = flask("doctor", SECRET_KEY="another-key-0123456789-abcdefghij", **at(web.port))
    assert done.returncode == 1
    found = told(done)
    assert found["web"].startswith(f"another: Another program answers at 127.0.0.1:{web.port}")
    assert found["public"].startswith("another: Another program answers at http://127.0.0.1:")


def test_a_web_process_that_knows_our_key_as_an_earlier_one_is_ours(flask, web, settings):
    keys = {"SECRET_KEY": "a-newer-key-0123456789-abcdefghij"}
    keys["SECRET_KEY_FALLBACKS"] = settings["SECRET_KEY"]
    assert told(flask("doctor", **keys, **at(web.port)))["web"].startswith("another")
    assert told(flask("doctor", **at(web.port)))["web"].startswith("ok")


@pytest.mark.parametrize(
    ("status", "web_word", "public_word"),
    [(200, "another", "another"), (404, "another", "another"), (502, "another", "note: away")],
)
def test_whoever_else_answers_is_named(flask, status, web_word, public_word):
    with Receiver(status, status) as other:
        port = urlsplit(other.url).port
        found = told(flask("doctor", **at(port)))
    assert found["web"].startswith(web_word)
    assert found["public"].startswith(public_word)


def test_a_proxy_that_does_not_reach_the_running_web_process_is_wrong(flask, web):
    with Receiver(502) as proxy:
        origin = f"http://127.0.0.1:{urlsplit(proxy.url).port}"
        done = flask("doctor", PORT=str(web.port), PUBLIC_URL=origin)
    assert done.returncode == 1
    assert told(done)["public"].startswith(f"another: The proxy at {origin} answers 502")


def test_a_stranger_gets_no_answer_from_the_web_process(app):
    client = app.test_client()
    with app.app_context():
        others = (
            "",
            "x",
            signing.sign("another purpose", "text"),
            signing.sign(web_check.QUESTION + signing.TIMED, [0, "text"]),
        )
        own = signing.sign_for_now(web_check.QUESTION, "text")
    for question in others:
        answer = client.get("/healthz", headers={web_check.HEADER: question})
        assert answer.get_json() == {"status": "alive"}
    assert "answer" in client.get("/healthz", headers={web_check.HEADER: own}).get_json()
