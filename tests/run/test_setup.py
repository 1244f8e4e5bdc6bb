"""`python -m tools.setup` makes .env: asked by a person at a terminal, or by options."""

from __future__ import annotations

import os
import pty
import re
import stat
import subprocess
import sys
import time

import pytest
from dotenv import dotenv_values

from tests.support import compose
from tests.support.commands import Done
from tools import setup
from webapp.config import ROOT, Settings

SECONDS = 60


@pytest.fixture
def run(capsys, monkeypatch):
    """The tool without a terminal: its exit code, what it said, what it complained of."""

    def run(folder, *options, **environment):
        monkeypatch.delenv("MAIL_PASSWORD", raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = setup.main(["--folder", str(folder), *options])
        return Done(code, *capsys.readouterr())

    return run


def written(folder):
    return dotenv_values(folder / ".env")


class Person:
    """Somebody at a terminal who reads the questions and types answers."""

    def __init__(self, folder, *options, **environment):
        ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.setup", "--folder", folder, *options],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "TERM": "dumb", **environment},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._terminal = ours
        self.screen = ""

    def reads(self, words):
        """Wait until the screen has the words behind what was read before; forget what is above."""
        until = time.monotonic() + SECONDS
        while words not in self.screen:
            assert time.monotonic() < until, self.screen
            self.screen += self._more()
        self.screen = self.screen.partition(words)[2]

    def types(self, text):
        os.write(self._terminal, text.encode() + b"\n")

    def leaves(self):
        """The exit code, once the tool has ended."""
        while more := self._more():
            self.screen += more
        os.close(self._terminal)
        return self._process.wait(SECONDS)

    def _more(self):
        try:
            return os.read(self._terminal, 10_000).decode()
        except OSError:  # the other side is closed
            return ""


def test_a_person_answers_five_questions_and_a_wrong_answer_is_asked_again(tmp_path):
    person = Person(tmp_path)
    person.reads("Where people will open Gatehouse")
    person.types("gate.example.org")
    person.reads("PUBLIC_URL: should be the address people open: scheme and host")
    person.reads("Where people will open Gatehouse")
    person.types("http://gate.example.org")
    person.reads("PUBLIC_URL: should start with https://")
    person.reads("Where people will open Gatehouse")
    person.types("https://gate.example.org/")
    person.reads("Mail server")
    person.types("smtp.example.org:99999")
    person.reads("MAIL_PORT: should be a whole number from 1 to 65535")
    person.reads("Mail server")
    person.types("smtp.example.org")
    person.reads("Port 587 is spoken to with starttls")
    person.reads("Name for signing in")
    person.types("gate")
    person.reads("Its password (not shown)")
    person.types("it's $ecret #1")
    person.reads("Name for signing in")  # Docker and we would read this password differently
    person.types("gate")
    person.reads("Its password (not shown)")
    person.types("my $ecret #1")
    person.reads("Sender of the mails [gatehouse@gate.example.org]")
    person.types("nobody")
    person.reads("FROM_EMAIL: should be an email address")
    person.reads("Sender of the mails")
    person.types("")
    person.reads("Address of a PostgreSQL database")
    person.types("mysql://db")
    person.reads("This should be an address like postgresql://")
    person.reads("Address of a PostgreSQL database")
    person.types("")
    person.reads("docker compose up -d")
    assert person.leaves() == 0
    assert "ecret" not in person.screen
    env = written(tmp_path)
    assert env["MAIL_PASSWORD"] == "my $ecret #1"
    settings = Settings.from_mapping(env)
    assert settings.public_url == "https://gate.example.org"
    assert settings.trusted_proxies == 1
    assert (settings.mail_server, settings.mail_port) == ("smtp.example.org", 587)
    assert settings.mail_use_tls
    assert settings.from_email == "gatehouse@gate.example.org"
    assert env["COMPOSE_PROFILES"] == "postgres"


def test_the_password_of_another_name_is_not_taken_for_the_one_that_is_typed(run, tmp_path):
    """Docker Compose puts what an .env has into the environment of the setup."""
    mail = ("--mail-server", "mx.example.org")
    assert run(tmp_path, *mail, "--mail-username", "old", MAIL_PASSWORD="old").returncode == 0
    options = ("--overwrite", "--public-url", "http://localhost", "--sender", "a@example.org")
    person = Person(tmp_path, *options, *mail, "--database-url", "", MAIL_PASSWORD="old")
    person.reads("Name for signing in")
    person.types("new")
    person.reads("Its password (not shown)")
    person.types("new password")
    assert person.leaves() == 0
    assert written(tmp_path)["MAIL_PASSWORD"] == "new password"


def test_enter_five_times_is_enough_to_try_it(tmp_path):
    person = Person(tmp_path)
    for words in ("Where people", "Mail server", "Sender", "Address of a PostgreSQL"):
        person.reads(words)
        person.types("")
    assert person.leaves() == 0
    assert written(tmp_path)["PUBLIC_URL"] == "http://localhost"
    Settings.from_mapping(written(tmp_path))


def test_a_person_who_gives_up_leaves_nothing_behind(tmp_path):
    person = Person(tmp_path)
    person.reads("Where people")
    person.types("\x04")
    assert person.leaves() == 130
    assert list(tmp_path.iterdir()) == []


def test_options_answer_for_scripts_and_what_they_leave_out_takes_its_default(run, tmp_path):
    done = run(
        tmp_path,
        *("--public-url", "https://gate.example.org:8443", "--mail-server", "mx.example.org:465"),
        *("--mail-username", "gate", "--sender", "post@example.org"),
        *("--database-url", "postgresql://gate:p@db.example.org/gate"),
        MAIL_PASSWORD="secret",
    )
    assert done.returncode == 0, done.stderr
    env = written(tmp_path)
    made = {name: env.pop(name) for name in ("SECRET_KEY", "METRICS_TOKEN", "REDIS_PASSWORD")}
    assert env == {
        "PUBLIC_URL": "https://gate.example.org:8443",
        "HTTPS_PORT": "8443",
        "TRUSTED_PROXIES": "1",
        "MAIL_SERVER": "mx.example.org",
        "MAIL_PORT": "465",
        "MAIL_USE_SSL": "on",
        "MAIL_USERNAME": "gate",
        "MAIL_PASSWORD": "secret",
        "FROM_EMAIL": "post@example.org",
        "DATABASE_URL": "postgresql://gate:p@db.example.org/gate",
    }
    assert len(set(made.values())) == 3
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in made.values())
    assert not any(key in done.stdout + done.stderr for key in [*made.values(), "secret"])


def test_a_resend_key_needs_no_server_and_no_sign_in(run, tmp_path):
    done = run(tmp_path, "--public-url", "https://gate.example.org", "--mail-server", "re_123456")
    assert done.returncode == 0, done.stderr
    assert Settings.from_mapping(written(tmp_path)).mail_server == "smtp.resend.com"


@pytest.mark.parametrize(
    ("port", "options", "tls", "ssl"),
    [
        ("25", [], False, False),
        ("465", [], False, True),
        ("587", [], True, False),
        ("2525", [], True, False),
        ("2525", ["--mail-security", "none"], False, False),
    ],
)
def test_how_the_mail_server_is_spoken_to_follows_from_its_port(
    run, tmp_path, port, options, tls, ssl
):
    assert run(tmp_path, "--mail-server", f"mx.example.org:{port}", *options).returncode == 0
    settings = Settings.from_mapping(written(tmp_path))
    assert (settings.mail_port, settings.mail_use_tls, settings.mail_use_ssl) == (
        int(port),
        tls,
        ssl,
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--public-url", "gate"], "--public-url: PUBLIC_URL: should be the address people open"),
        (["--public-url", ""], "--public-url: PUBLIC_URL: should be the address people open"),
        (["--mail-server", "a b"], "--mail-server: This should be a host and a port"),
        (
            ["--mail-server", "mx", "--mail-username", "gate"],
            "scripts set MAIL_PASSWORD",
        ),
        (["--sender", "post"], "--sender: FROM_EMAIL: should be an email address"),
        (["--database-url", "sqlite:///a.db"], "--database-url: This should be an address like"),
    ],
)
def test_a_wrong_option_is_refused_in_words_and_nothing_is_written(run, tmp_path, options, words):
    done = run(tmp_path, *options)
    assert done.returncode == 2
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("password", ["a'b", 'a"b', "a b", "a#b", "a $b", "ümlaut", "a`b", "a\\b"])
def test_a_password_is_written_as_it_is_or_refused(run, tmp_path, password):
    options = ("--mail-server", "mx.example.org", "--mail-username", "gate")
    done = run(tmp_path, *options, MAIL_PASSWORD=password)
    if done.returncode == 0:
        assert written(tmp_path)["MAIL_PASSWORD"] == password
        given = compose.services(tmp_path / ".env")["web"].environment
        assert given["MAIL_PASSWORD"] == password
    else:
        assert "\\" in password
        assert "MAIL_PASSWORD: with quotation marks, backslashes" in done.stderr


def test_only_the_owner_of_the_folder_can_read_it_also_if_root_made_it_as_in_the_image(
    run, tmp_path
):
    if os.geteuid() == 0:
        os.chown(tmp_path, 65534, 65534)
    assert run(tmp_path).returncode == 0
    found, folder = (tmp_path / ".env").stat(), tmp_path.stat()
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert (found.st_uid, found.st_gid) == (folder.st_uid, folder.st_gid)


def test_an_env_that_is_there_stays_as_it_is(run, tmp_path):
    (tmp_path / ".env").write_text("SECRET_KEY=mine\n")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "There is a .env already, and nothing was changed." in done.stderr
    assert (tmp_path / ".env").read_text() == "SECRET_KEY=mine\n"


def test_to_overwrite_means_other_answers_and_the_same_keys(run, tmp_path):
    assert run(tmp_path, "--public-url", "http://localhost:8080").returncode == 0
    before = written(tmp_path)
    with (tmp_path / ".env").open("a") as file:
        file.write("SESSION_DAYS=7\nTRUSTED_PROXIES=2\n")
    options = ("--public-url", "https://gate.example.org", "--mail-server", "re_123456")
    assert run(tmp_path, "--overwrite", *options).returncode == 0
    after = written(tmp_path)
    kept = ("SECRET_KEY", "METRICS_TOKEN", "REDIS_PASSWORD", "POSTGRES_PASSWORD")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert (after["SESSION_DAYS"], after["TRUSTED_PROXIES"]) == ("7", "2")
    assert "HTTP_PORT" not in after
    assert after["RESEND_API_KEY"] == "re_123456"
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_the_setup_of_compose_starts_this_tool_and_passes_the_password_on():
    (setup,) = compose.read(compose.SETUP)["services"].values()
    assert setup["entrypoint"] == ["python", "-m", "tools.setup", "--folder", "/folder"]
    assert setup["volumes"] == [".:/folder"]
    assert "MAIL_PASSWORD" in setup["environment"]
