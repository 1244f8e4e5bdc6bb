"""A database that cannot do what is asked: 503, when to come again, and what to do."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import event, select

from tests import cast
from tests.support.client import Browser
from tests.support.meanwhile import between
from tests.support.outages import WORDS, troubles, until
from tests.support.page import Page
from webapp.db import db
from webapp.domain.operations import checks, doctor
from webapp.models import Event, Invitation

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def invited(app):
    """Who is invited; each with the event that says so."""
    recorded = select(Event.data["email"].as_string()).where(Event.name == "InvitationCreated")
    with app.app_context():
        found = set(db.session.scalars(select(Invitation.email)))
        assert found <= set(db.session.scalars(recorded))
        db.session.remove()
    return found


class Inviter:
    """An admin whose browser invites one address after the other."""

    def __init__(self, browser):
        self.client, self.taken = browser.client, set()
        browser.open("/orgs/acme/invitations/new")
        self.form = browser.page.form("/orgs/acme/invitations")

    def invite(self, email, **options):
        data = {**self.form.fields, "email": email}
        answer = self.client.post(self.form.action, data=data, **options)
        if answer.status_code < 400:
            self.taken.add(email)
        return answer


@pytest.mark.both_databases
def test_a_page_says_what_to_do_and_nothing_is_half_done(app, browser, database):
    priya = Inviter(browser(cast.PRIYA))
    before = invited(app)
    for word, trouble in troubles(app, database):
        title, done, seconds = WORDS[word]
        with trouble():
            whole = until(f"{word}-{{}}@example.org", priya.invite)
            assert Page(whole.text).heading == title
            assert f"{done} Wait a little, then reload this page to send it again" in whole.text
            assert whole.headers["Retry-After"] == seconds
            part = until(f"{word}-part-{{}}@example.org", priya.invite, headers=HTMX)
            assert part.headers["HX-Retarget"] == "#messages"
            assert f"{title}. {done}" in part.text
            # What can be read is shown as ever.
            assert priya.client.get("/orgs/acme/invitations").status_code == 200
        assert invited(app) == before | priya.taken
        assert priya.invite(f"{word}-afterwards@example.org").status_code == 303


@pytest.mark.both_databases
def test_a_link_can_be_opened_while_nothing_can_be_written_down(app, database):
    for word, trouble in troubles(app, database):
        with app.app_context():
            token = cast.mailed_token(cast.invited(f"{word}@example.org"))
        with trouble():
            assert app.test_client().get(f"/register?token={token}").status_code == 200


@pytest.mark.both_databases
def test_the_probes_say_that_it_cannot_be_written(app, database, monkeypatch):
    monkeypatch.setattr(checks, "ASKED_EVERY", 0)
    for word, trouble in troubles(app, database):
        if (word, db_name(database)) == ("busy", "postgresql"):
            continue  # there a lock is a table's, and the others can be written
        with trouble():
            answer = app.test_client().get("/readyz")
            assert (answer.status_code, answer.json["status"]) == (200, "degraded")
            assert (answer.json["database"], answer.json["migrations"]) == (word, "ok")
            assert checks.CANNOT_WRITE[checks.Outage(word)] in answer.json["words"]
            with app.app_context():
                found = {part.name: part for part in doctor.examine()}
            assert doctor.is_wrong(found["database"])
            assert found["clock"].is_ok
        assert app.test_client().get("/readyz").json["database"] == "ok"


def db_name(url):
    return url.partition(":")[0].partition("+")[0]


def test_the_probes_write_once_a_second_however_often_they_are_asked(app, monkeypatch):
    asked = []
    monkeypatch.setattr(checks, "_asked", {})
    monkeypatch.setattr(checks.outages, "of_writing", asked.append)
    monkeypatch.setattr(checks, "_asked", {})  # as the application may have been asked just now
    monkeypatch.setattr(checks.time, "monotonic", lambda: 1000.0)
    for _ in range(3):
        app.test_client().get("/readyz")
    assert len(asked) == 1


def cut_connections(url):
    """End all of the application's, as a restart of the server does."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_connections_that_were_cut_are_replaced_before_anybody_notices(
    make_app, postgresql_template, secrets
):
    with postgresql_template.copy("cut_off") as url:
        browser = Browser(make_app(DATABASE_URL=url), secrets)
        browser.sign_in(cast.PRIYA, cast.PASSWORD)
        priya = Inviter(browser)
        cut_connections(url)
        assert priya.client.get("/orgs/acme/invitations").status_code == 200
        cut_connections(url)
        assert priya.invite("bo@example.org").status_code == 303


def test_a_connection_that_is_cut_before_anything_is_written_fails_no_request(
    make_app, postgresql_template, secrets
):
    with postgresql_template.copy("cut_off") as url:
        app = make_app(DATABASE_URL=url)
        browser = Browser(app, secrets)
        browser.sign_in(cast.PRIYA, cast.PASSWORD)
        priya = Inviter(browser)
        with app.app_context():
            revoking = f"/orgs/acme/invitations/{cast.invited().id}/revoke"
        with between(app) as then:
            then(lambda: cut_connections(url))
            assert priya.client.get("/orgs/acme/invitations").status_code == 200
        with between(app) as then:
            then(lambda: cut_connections(url))
            # Nothing was to be read, and nothing was written yet: done over a new connection.
            token = {"csrf_token": priya.form.fields["csrf_token"]}
            assert priya.client.post(revoking, data=token).status_code == 303
        with between(app) as then:
            then(lambda: cut_connections(url))
            # The form reads the groups first.
            assert priya.invite("bo2@example.org").status_code == 303
        assert "bo2@example.org" in invited(app)


def test_a_connection_that_is_cut_while_something_is_written_fails_the_request(
    make_app, postgresql_template, secrets
):
    with postgresql_template.copy("cut_off") as url:
        app = make_app(DATABASE_URL=url)
        browser = Browser(app, secrets)
        browser.sign_in(cast.PRIYA, cast.PASSWORD)
        priya = Inviter(browser)
        with app.app_context():
            engine = db.engine
        cuts = []

        def cut(_connection, _cursor, statement, *_):
            if statement.startswith("INSERT INTO user_invitations"):
                cuts.append(statement)
                cut_connections(url)

        event.listen(engine, "before_cursor_execute", cut)
        page = priya.invite("bo@example.org")
        event.remove(engine, "before_cursor_execute", cut)
        assert (page.status_code, page.headers["Retry-After"], len(cuts)) == (503, "10", 1)
        assert Page(page.text).heading == "The database is not answering"
        assert "check first whether the change was made" in page.text
        assert "bo@example.org" not in invited(app)
        assert priya.client.get("/orgs/acme/invitations").status_code == 200
