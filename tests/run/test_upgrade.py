"""An upgrade from the release before, whose processes run while the database is migrated.

The old code itself makes the data, in every state, and goes on serving it beside the new one.
"""

from __future__ import annotations

import subprocess
import sys
import urllib.request

import pytest

from tests import cast
from tests.support import previous_release
from tests.support.gunicorn import serving
from tests.support.load import Visitor
from tests.support.page import Page
from tests.support.processes import wait_until
from tests.support.settings import environment
from webapp.config import ROOT
from webapp.db import db
from webapp.domain import outbox
from webapp.domain.audit import verification

INVITE, NEW = "/orgs/acme/invitations", "/orgs/acme/invitations/new"
STATES = ("pending", "mailed", "accepted", "declined", "revoked", "expired")
MAKE = f"""
import json
from flask_migrate import upgrade
from tests import cast
from webapp import create_app
from webapp.config import Settings
from webapp.db import db, transaction
from webapp.domain import invitations, outbox
from webapp.domain.accounts import api_keys, sessions
from webapp.domain.invitations import acceptances
from webapp.domain.members import roles

@transaction()
def run_out(number):
    text = db.text("UPDATE user_invitations SET expires_at = created_at WHERE id = :id")
    db.session.execute(text, {{"id": number}})

app = create_app(Settings.from_env())
with app.app_context():
    upgrade()
    cast.make()
    acme, priya = cast.organization(), cast.person()
    made = {{name: cast.invited(f"{{name}}@example.org") for name in {STATES}}}
    outbox.drain()
    tokens = {{name: cast.mailed_token(one) for name, one in made.items()}}
    cast.invited("waiting@example.org")
    acceptances.accept(tokens["accepted"], full_name="Ac", password="seven bars and a half")
    acceptances.decline(tokens["declined"])
    invitations.revoke(acme, made["revoked"].id, by=priya)
    run_out(made["expired"].id)
    assert not app.test_cli_runner().invoke(args=["invite", "expire"]).exit_code
    roles.deactivate(acme, cast.member().id, by=priya)
    scopes = list(api_keys.SCOPES)
    key = api_keys.create(acme, by=priya, name="Old", scopes=scopes, days=30)[1]
    session = sessions.start(priya, acme.id)
    print(json.dumps({{"session": session, "key": key, "links": tokens}}))
"""
COUNTS = """
SELECT 'invitations', o.slug, i.state, i.role, count(*) FROM user_invitations i
JOIN organizations o ON o.id = i.organization_id GROUP BY o.slug, i.state, i.role
UNION ALL SELECT 'members', o.slug, m.status, m.role, count(*) FROM memberships m
JOIN organizations o ON o.id = m.organization_id GROUP BY o.slug, m.status, m.role
UNION ALL SELECT 'mails', o.slug, d.state, d.kind, count(*) FROM deliveries d
JOIN organizations o ON o.id = d.organization_id GROUP BY o.slug, d.state, d.kind
UNION ALL SELECT 'events', o.slug, e.name, '', count(*) FROM events e
JOIN organizations o ON o.id = e.organization_id GROUP BY o.slug, e.name
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request, tmp_path, redis, smtp):
    """Those of an installation without a database yet."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'gatehouse.db'}"
    else:
        server = request.getfixturevalue("postgres")
        url = server.create_database("upgraded")
        request.addfinalizer(lambda: server.drop_database(url))
    return environment(url, redis.url, smtp.port)


@pytest.fixture
def old(tmp_path):
    """The folder of the release before."""
    folder = tmp_path / "old"
    folder.mkdir()
    return previous_release.unpack(folder)


def counts(app):
    with app.app_context():
        db.session.rollback()
        rows = db.session.execute(db.text(COUNTS)).all()
        db.session.rollback()
    return sorted(map(tuple, rows))


def migrate(settings):
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
        cwd=ROOT,
        env={**settings, "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )


class Priya:
    """The admin, with the session that she had before; and strangers with their links."""

    def __init__(self, port, held):
        self._visitor, self._port, self._held = Visitor(port), port, held
        self._visitor.take("gatehouse", held["session"])

    def invites(self, email):
        """By the form, whose answer leads back to the table, which then has the address."""
        form = Page(self._visitor.ask(NEW).text).form(INVITE)
        assert self._visitor.ask(INVITE, {**form.fields, "email": email}).status == 303
        assert email in self._visitor.ask(INVITE).text

    def finds(self, *emails):
        shown = self._visitor.ask(INVITE).text
        assert all(email in shown for email in emails)

    def opens(self, name):
        return Visitor(self._port).ask(f"/register?token={self._held['links'][name]}").status

    def calls(self):
        """The API, with the key that was made before."""
        address = f"http://127.0.0.1:{self._port}/api/v1/invitations"
        key = {"Authorization": f"Bearer {self._held['key']}"}
        with urllib.request.urlopen(urllib.request.Request(address, headers=key)) as answer:
            return answer.status


def works(priya, email):
    priya.finds("pending@example.org", "revoked@example.org")
    priya.invites(email)
    assert {name: priya.opens(name) for name in STATES} == {
        "pending": 200,
        "mailed": 200,
        "accepted": 410,
        "declined": 410,
        "revoked": 410,
        "expired": 410,
    }
    assert priya.calls() == 200


def test_old_and_new_serve_side_by_side_and_nothing_is_lost(
    settings, old, make_app, tmp_path, smtp
):
    held = previous_release.tell(MAKE, old, settings)
    app = make_app()
    with serving(settings, tmp_path / "old.log", root=old) as before:
        works(Priya(before.port, held), "by-the-old@example.org")
        expected = counts(app)
        migrate(settings)
        assert counts(app) == expected
        works(Priya(before.port, held), "by-the-old-on-the-new@example.org")
        with serving(settings, tmp_path / "new.log") as after:
            works(Priya(after.port, held), "by-the-new@example.org")
            works(Priya(before.port, held), "by-the-old-beside-the-new@example.org")
    with app.app_context():
        outbox.drain()
        wait_until(lambda: len({mail.rcpt_to[0] for mail in smtp.messages}) >= 9)
        assert cast.invitation("waiting@example.org").delivery_state == "sent"
        assert cast.invitation("by-the-old-on-the-new@example.org").delivery_state == "sent"
        assert verification.of(cast.organization()).findings == ()
    smtp.messages.clear()  # the tests' rules are for mails of today; some are of the old code
