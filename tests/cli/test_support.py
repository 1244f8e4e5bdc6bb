"""`flask doctor --support`: a text that can be pasted into a report."""

from __future__ import annotations

import dataclasses
import re

import pytest

from tests import cast
from webapp.config import Settings
from webapp.domain import outbox
from webapp.domain.operations import support

pytestmark = pytest.mark.both_databases
HOST, WORD = "secret-host.example", "Sesame-0pen-Sesame-0pen-Sesame-0pen"
# A value for every setting that says something about people, machines or secrets.
SEEDED = {
    "SECRET_KEY_FALLBACKS": WORD,
    "PUBLIC_URL": f"https://{HOST}",
    "TRUSTED_HOSTS": HOST,
    "MAIL_SERVER": HOST,
    "MAIL_USERNAME": "somebody@secret-host.example",
    "MAIL_PASSWORD": WORD,
    "FROM_EMAIL": f"gatehouse@{HOST}",
    "BOUNCE_ADDRESS": f"bounces@{HOST}",
    "RESEND_API_KEY": WORD,
    "RESEND_WEBHOOK_SECRET": "whsec_U2VzYW1lLTBwZW4tU2VzYW1lLTBwZW4t",
    "ALLOWED_INVITE_DOMAINS": HOST,
    "METRICS_TOKEN": WORD,
    "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{HOST}:1",
    "OTEL_EXPORTER_OTLP_HEADERS": f"key={WORD}",
    "SENTRY_DSN": f"https://{WORD}@{HOST}/7",
    "REDIS_URL": f"redis://somebody:{WORD}@127.0.0.1:1/0",
}


def test_it_says_versions_counts_and_what_is_set_and_no_secret_or_address(
    flask, app, smtp, settings
):
    smtp.script["RCPT TO"] = "550 5.1.1 <bo@example.org>: no such user at secret-host.example"
    with app.app_context():
        cast.suppressed("may@example.org")
        cast.webhook("https://8.8.8.8/hooks/secret-host")
        cast.key("secret-host")
        cast.listed("cy@example.org, not an address")
        cast.invited("bo@example.org", message="Sesame")
        outbox.drain()
    replica = {"DATABASE_READ_URL": f"postgresql://somebody:{WORD}@{HOST}/gatehouse"}
    has_replica = not settings["DATABASE_URL"].startswith("sqlite")  # which has none
    done = flask("doctor", "--support", **SEEDED, **(replica if has_replica else {}))
    assert (done.returncode, done.stderr) == (0, "")
    told = done.stdout
    kind = "SQLite" if settings["DATABASE_URL"].startswith("sqlite") else "PostgreSQL"
    for line in (
        "Gatehouse 0.1.0, ",
        f"  database: {kind} ",
        "  Redis: away",
        "  MAIL_PASSWORD: set",
        "  PORT: 1",
        f"  DATABASE_READ_URL: {'set' if has_replica else 'not set'}",
        "  members by role: 2 admin, 1 contributor, 1 manager",
        "  suppressions: 1 bounced",
        "  mails that came back: ",
    ):
        assert line in told, line
    given = {**settings, **SEEDED}
    values = [value for name, value in given.items() if name not in ("GATEHOUSE_ENV", "PORT")]
    for secret in (*values, HOST, WORD, "@", "example", "acme", "Acme", "8.8.8.8", "Sesame"):
        if secret not in ("25", str(smtp.port), "127.0.0.1"):
            assert secret not in told, secret
    names = [f"{name}@" for name in ("priya", "marco", "chen", "eve", "bo", "may", "cy")]
    assert not [name for name in (*names, *cast.NAMES.values(), "Priya") if name in told]
    assert not re.search(r"https?://|postgresql[:+]|sqlite:|/dev/|/tmp/", told)


def test_every_setting_is_in_it_and_only_harmless_ones_with_their_values(flask, app):
    told = flask("doctor", "--support").stdout
    for field in dataclasses.fields(Settings):
        (value,) = re.findall(rf"^  {field.name.upper()}: (.*)$", told, re.MULTILINE)
        assert (value in ("set", "not set")) == (field.name not in support.SHOWN), field.name
    seeded = {name.lower() for name in SEEDED} | {"secret_key", "database_url", "database_read_url"}
    assert {field.name for field in dataclasses.fields(Settings)} - seeded == support.SHOWN
    assert set(support.KEPT_APART) <= seeded


def test_it_is_written_while_the_database_is_away(flask, tmp_path):
    done = flask("doctor", "--support", DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/x.db")
    assert done.returncode == 0
    assert "  database: away" in done.stdout
    assert "  not known: OperationalError" in done.stdout
    assert str(tmp_path) not in done.stdout + done.stderr
