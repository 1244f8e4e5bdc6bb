"""Makes `.env` for a new installation: five questions, or options for scripts; keys are made here.

A tool and no `flask` command: those read the settings before they start, and here there are none
yet. It needs the packages of requirements.txt, because the program itself checks each answer. With
Docker it runs in the image (compose.setup.yaml), so that the machine needs nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from webapp.config import Settings, SettingsError

SECURITY = {"none": {}, "starttls": {"MAIL_USE_TLS": "on"}, "tls": {"MAIL_USE_SSL": "on"}}
MADE = ("SECRET_KEY", "METRICS_TOKEN", "REDIS_PASSWORD", "POSTGRES_PASSWORD")
HEADER = """\
# Made by tools/setup.py; .env.example explains these settings and has more. Keep a copy in a safe
# place: without SECRET_KEY links stop working, and what is encrypted in the database is lost.
"""
WRITTEN = """\
Wrote .env, which only its owner can read. Keep a copy of it in a safe place.

With Docker, this starts everything; then {url} shows the sign-in page:
  docker compose up -d
This makes an organization; its last line is the link of the first admin:
  docker compose exec web flask --app wsgi org create acme --name "Acme" --admin you@example.org
"""


class Wrong(Exception):
    """Why an answer cannot be taken, and what to do."""


@dataclass(frozen=True)
class Question:
    """One question: its option, which settings its answer decides, and how they follow from it."""

    option: str
    words: str
    names: tuple[str, ...]
    settle: Callable[[str, Asked], dict[str, str]]
    default: Callable[[Asked], str] = lambda asked: ""
    applies: Callable[[Asked], bool] = lambda asked: True


@dataclass
class Asked:
    """What is known by now: the options, and the settings that follow from earlier answers."""

    options: argparse.Namespace
    settings: dict[str, str]
    asks: bool


def main(words: list[str] | None = None) -> int:
    """Ask, check and write; the exit code."""
    options = parser().parse_args(words)
    path = Path(options.folder) / ".env"
    if path.exists() and not options.overwrite:
        print(
            "There is a .env already, and nothing was changed. Edit it, or use --overwrite: "
            "keys and settings that were not asked for stay as they are.",
            file=sys.stderr,
        )
        return 1
    asked = Asked(options, earlier(path), sys.stdin.isatty() and not options.defaults)
    try:
        for question in QUESTIONS:
            if question.applies(asked):
                asked.settings |= answer(question, asked)
        asked.settings |= keys(asked.settings)
        check(asked.settings)
        write(path, asked.settings, replace=options.overwrite)
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except FileExistsError:
        print("Another program has just made a .env; it was left as it is.", file=sys.stderr)
        return 1
    except (EOFError, KeyboardInterrupt):
        print("\nNothing was written.", file=sys.stderr)
        return 130
    print(WRITTEN.format(url=asked.settings["PUBLIC_URL"]), end="")
    return 0


def parser() -> argparse.ArgumentParser:
    """The options: one for each question, and how to go about it."""
    made = argparse.ArgumentParser(prog="python -m tools.setup", description=__doc__)
    for question in QUESTIONS:
        made.add_argument(f"--{question.option}", help=question.words)
    made.add_argument(
        "--mail-security",
        choices=SECURITY,
        help="how the mail server is spoken to; by default tls on port 465, none on 25 and "
        "starttls on others",
    )
    made.add_argument(
        "--defaults", action="store_true", help="ask nothing; take the default where no option is"
    )
    made.add_argument("--overwrite", action="store_true", help="replace the answers in a .env")
    made.add_argument("--folder", default=str(ROOT), help="where .env is made")
    made.epilog = (
        "The password of --mail-username is read from the environment variable MAIL_PASSWORD, as "
        "other users of the machine can see options. Without a terminal nothing is asked."
    )
    return made


def earlier(path: Path) -> dict[str, str]:
    """What an .env that is to be overwritten keeps: all but the answers."""
    answers = {name for question in QUESTIONS for name in question.names}
    kept = dotenv_values(path) if path.exists() else {}
    return {name: text for name, text in kept.items() if text and name not in answers}


def answer(question: Question, asked: Asked) -> dict[str, str]:
    """The settings that follow from the answer; asks again until it is right.

    Raises Wrong if it is wrong and nobody can be asked.
    """
    given = getattr(asked.options, question.option.replace("-", "_"))
    while True:
        text = ask(question, asked) if given is None else given
        try:
            settings = question.settle(text.strip(), asked)
            check({**asked.settings, **settings})
        except Wrong as wrong:
            if not asked.asks or given is not None:
                raise Wrong(f"--{question.option}: {wrong}") from None
            print(wrong)
        else:
            return settings


def ask(question: Question, asked: Asked) -> str:
    """What the person types, or the default."""
    default = question.default(asked)
    if not asked.asks:
        return default
    hint = f" [{default}]" if default else ""
    return input(f"{question.words}{hint}: ") or default


def check(settings: Mapping[str, str]) -> Settings:
    """The settings as the program takes them; raises Wrong, in its own words, if it would not."""
    complete = {"SECRET_KEY": secrets.token_hex(32), "PUBLIC_URL": "http://localhost"}
    for name, value in settings.items():
        quoted(name, value)
    try:
        return Settings.from_mapping({**complete, **settings})
    except SettingsError as error:
        raise Wrong(str(error).replace("Settings are wrong:\n", "").strip()) from None


def address(text: str, asked: Asked) -> dict[str, str]:
    """The public address, and the ports to publish if they are not the usual ones."""
    taken = check({"PUBLIC_URL": text or "nothing"})
    settings = {"PUBLIC_URL": taken.public_url}
    settings["TRUSTED_PROXIES"] = asked.settings.get("TRUSTED_PROXIES", "1")
    port = urlsplit(taken.public_url).port
    if port:
        settings["HTTPS_PORT" if taken.https else "HTTP_PORT"] = str(port)
    return settings


def mail_server(text: str, asked: Asked) -> dict[str, str]:
    """The mail server's settings, or Resend's key; nothing while there is neither."""
    if text.startswith("re_") or not text:
        return {"RESEND_API_KEY": text} if text else {}
    host, colon, port = text.rpartition(":")
    host, port = (host, port) if colon else (text, "587")
    if not host or re.search(r"[\s/@]", host):
        raise Wrong("This should be a host and a port, like smtp.example.org:587.")
    usual = {"465": "tls", "25": "none"}.get(port, "starttls")
    security = asked.options.mail_security or usual
    if asked.asks:
        print(f"Port {port} is spoken to with {security} (--mail-security chooses).")
    return {"MAIL_SERVER": host, "MAIL_PORT": port, **SECURITY[security]}


def mail_sign_in(text: str, asked: Asked) -> dict[str, str]:
    """Name and password at the mail server; nothing if it wants none."""
    if not text:
        return {}
    # Docker also passes on the password of an .env that is there: it is not that of another name.
    typed = asked.asks and asked.options.mail_username is None
    password = "" if typed else os.environ.get("MAIL_PASSWORD", "")
    if not password and asked.asks:
        password = getpass.getpass("Its password (not shown): ")
    if not password:
        raise Wrong("A password is needed; scripts set MAIL_PASSWORD in the environment.")
    return {"MAIL_USERNAME": text, "MAIL_PASSWORD": password}


def sender(text: str, asked: Asked) -> dict[str, str]:
    """The sender's address."""
    return {"FROM_EMAIL": text} if text else {}


def usual_sender(asked: Asked) -> str:
    """What the program takes by itself, where it is an address that mail servers accept."""
    host = urlsplit(asked.settings["PUBLIC_URL"]).hostname or ""
    return f"gatehouse@{host}" if "." in host and not re.fullmatch(r"[\d.]+", host) else ""


def database(text: str, asked: Asked) -> dict[str, str]:
    """A PostgreSQL that there is, or the one of compose.yaml."""
    if not text:
        return {"COMPOSE_PROFILES": "postgres"}
    if not text.startswith(("postgresql://", "postgres://")):
        raise Wrong("This should be an address like postgresql://gatehouse:password@db/gatehouse.")
    return {"DATABASE_URL": text}


MAIL = ("MAIL_SERVER", "MAIL_PORT", "MAIL_USE_TLS", "MAIL_USE_SSL", "RESEND_API_KEY")
QUESTIONS = (
    Question(
        "public-url",
        "Where people will open Gatehouse, like https://gate.example.org",
        ("PUBLIC_URL", "HTTP_PORT", "HTTPS_PORT"),
        address,
        lambda asked: "http://localhost",
    ),
    Question(
        "mail-server",
        "Mail server, like smtp.example.org:587, or a Resend key (Enter: none yet; mail waits)",
        MAIL,
        mail_server,
    ),
    Question(
        "mail-username",
        "Name for signing in at the mail server (Enter: none)",
        ("MAIL_USERNAME", "MAIL_PASSWORD"),
        mail_sign_in,
        applies=lambda asked: "MAIL_SERVER" in asked.settings,
    ),
    Question("sender", "Sender of the mails", ("FROM_EMAIL",), sender, usual_sender),
    Question(
        "database-url",
        "Address of a PostgreSQL database (Enter: the one in compose.yaml)",
        ("DATABASE_URL", "COMPOSE_PROFILES"),
        database,
    ),
)


def keys(settings: Mapping[str, str]) -> dict[str, str]:
    """Keys and passwords that are not there yet; those of an earlier .env stay."""
    unused = {"POSTGRES_PASSWORD"} if "DATABASE_URL" in settings else set()
    wanted = [name for name in MADE if name not in unused]
    return {name: settings.get(name) or secrets.token_hex(32) for name in wanted}


def quoted(name: str, value: str) -> str:
    """The value as both python-dotenv and Docker read it; raises Wrong where they would differ."""
    if re.fullmatch(r"[\w.:/@+,=%?&~-]*", value, re.ASCII):
        return value
    if not re.search(r"['\\\n\r]", value):
        return f"'{value}'"
    if not re.search(r'["\\\n\r$`]', value):
        return f'"{value}"'
    raise Wrong(f"{name}: with quotation marks, backslashes or line breaks it cannot be written.")


def write(path: Path, settings: Mapping[str, str], *, replace: bool) -> None:
    """Write all at once, readable by the owner of the folder alone, also if root runs this.

    Raises FileExistsError if there is one that it may not replace.
    """
    owner = path.parent.stat()
    handle, name = tempfile.mkstemp(prefix=".env.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            lines = [f"{name}={quoted(name, value)}\n" for name, value in settings.items()]
            file.write(HEADER + "".join(lines))
            if os.geteuid() == 0:
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        if replace:
            os.replace(name, path)
        else:
            os.link(name, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


if __name__ == "__main__":
    sys.exit(main())
