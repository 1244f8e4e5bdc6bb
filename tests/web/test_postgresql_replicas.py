"""Reports with a read replica: a real one, which follows by streaming."""

from __future__ import annotations

import csv
import io
import logging
import os

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from tests import cast
from tests.support.commands import Commands
from tests.support.processes import wait_until
from tests.support.replication import Primary, Replica
from tests.support.settings import environment
from tests.support.templates import Template
from webapp import replicas
from webapp.db import db, transaction
from webapp.domain.operations import database_ways, doctor
from webapp.models import DailyCount, Invitation

REPORTS = "/orgs/acme/reports"
CSV = f"{REPORTS}/invitations.csv"
INVITATIONS = "/orgs/acme/invitations"
JOINED = 3  # Priya, Marco and Chen were invited and have joined
MAY_LAG = "The latest changes may not be counted yet."


@pytest.fixture(scope="module")
def primary():
    server = Primary()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def template(primary):
    return Template(primary)


@pytest.fixture(scope="module")
def replica(primary):
    server = Replica(primary)
    yield server
    server.stop()


@pytest.fixture
def streamed(template, replica):
    with template.copy("of_the_test") as url:
        replica.catch_up()
        yield url


@pytest.fixture
def settings(streamed, replica, redis, smtp):
    both = {"DATABASE_READ_URL": replica.url(streamed)}
    return environment(streamed, redis.url, smtp.port) | both


@pytest.fixture
def marco(browser):
    return browser(cast.MARCO)


def invited(marco):
    """How many were invited, by the report's file and by its page."""
    (total,) = [
        row
        for row in csv.DictReader(io.StringIO(marco.open(CSV).text.removeprefix("\ufeff")))
        if row["by"] == "total"
    ]
    words = marco.open(REPORTS).page.words
    assert f"All {total['invited']} invitations" in words or f"of the {total['invited']} " in words
    return int(total["invited"])


def invite(browser, email):
    priya = browser(cast.PRIYA)
    priya.open(f"{INVITATIONS}/new")
    priya.send(INVITATIONS, email=email)
    return priya


def test_a_report_is_read_from_the_replica_and_the_table_shows_what_was_just_done(
    browser, marco, replica
):
    with replica.standing_still():
        priya = invite(browser, "bo@example.org")
        assert "bo@example.org" in priya.open(INVITATIONS).text
        assert invited(marco) == JOINED
    assert invited(marco) == JOINED + 1


def test_the_name_of_an_inviter_is_the_present_one(app, marco, replica):
    @transaction()
    def rename():
        cast.person(cast.PRIYA).full_name = "Somebody Else"

    with app.app_context(), replica.standing_still():
        rename()
        db.session.remove()
        told = marco.open(CSV).text
    assert "Somebody Else" in told
    assert cast.NAMES[cast.PRIYA] not in told


def test_the_page_does_not_claim_to_be_up_to_date(marco):
    words = marco.open(REPORTS).page.words
    assert MAY_LAG in words
    assert "Counted when this page was opened" not in words


def test_without_a_replica_the_page_is_up_to_date_and_says_so(marco, make_app, browser):
    marco.app = make_app(DATABASE_READ_URL="")
    marco.client = marco.app.test_client()
    marco.sign_in(cast.MARCO, cast.PASSWORD)
    words = marco.open(REPORTS).page.words
    assert "Counted when this page was opened" in words
    assert MAY_LAG not in words


def test_a_replica_that_is_away_is_said_once_and_reports_read_the_primary(
    browser, marco, replica, caplog, monkeypatch
):
    monkeypatch.setattr(replicas, "REST_SECONDS", 0)
    caplog.set_level(logging.INFO, "gatehouse.replicas")

    def said():
        return [r.getMessage() for r in caplog.records if r.name == "gatehouse.replicas"]

    with replica.away():
        invite(browser, "bo@example.org")
        assert invited(marco) == JOINED + 1
        assert said() == ["the read replica is not used (away): reports read the primary"]
    assert invited(marco) == JOINED + 1
    assert said()[1:] == ["the read replica is used again"]
    with replica.standing_still():
        invite(browser, "bo2@example.org")
        assert invited(marco) == JOINED + 1


def test_a_replica_that_failed_is_left_alone_for_a_while(marco, replica, browser):
    with replica.away():
        assert invited(marco) == JOINED
    with replica.standing_still():
        invite(browser, "bo@example.org")
        assert invited(marco) == JOINED + 1


def test_a_replica_without_this_versions_tables_is_not_used(make_app, browser, primary, marco):
    empty = primary.create_database("without_tables")
    marco.app = make_app(DATABASE_READ_URL=empty)
    marco.client = marco.app.test_client()
    marco.sign_in(cast.MARCO, cast.PASSWORD)
    assert invited(marco) == JOINED
    primary.drop_database(empty)


@replicas.read
def write():
    row = {"day": "2026-01-01", "kind": "x", "subject": "y", "count": 1}
    db.session.execute(insert(DailyCount), row)


@pytest.mark.parametrize("of_the_primary", [False, True])
def test_what_reads_may_not_write_whichever_server_the_setting_names(
    make_app, streamed, of_the_primary
):
    app = make_app(**({"DATABASE_READ_URL": streamed} if of_the_primary else {}))
    with app.app_context():
        with pytest.raises(DBAPIError, match="read-only transaction"):
            write()
        assert db.session.scalar(select(DailyCount).where(DailyCount.kind == "x")) is None
        db.session.remove()


@replicas.read
def how_many():
    return db.session.query(Invitation).count()


def test_a_verb_reads_what_it_has_written_itself(app, replica):
    @transaction()
    def verb():
        before = how_many()
        cast.invited("bo@example.org")
        return how_many() - before

    with app.app_context(), replica.standing_still():
        assert verb() == 1
        assert how_many() == JOINED + 1  # of both organizations, and without Bo
        db.session.remove()


def test_what_is_read_together_is_of_one_moment(app, replica):
    @replicas.read
    def twice(meanwhile):
        return how_many(), meanwhile(), how_many()

    def meanwhile():
        with app.app_context():
            cast.invited("bo@example.org")
            db.session.remove()
        replica.catch_up()

    with app.app_context():
        first, _, second = twice(meanwhile)
        assert first == second
        assert how_many() == first + 1
        db.session.remove()


def test_doctor_says_what_becomes_of_reports(app, make_app, streamed, replica):
    def told(app):
        with app.app_context():
            (part,) = [part for part in doctor.examine() if part.name == "database"]
            db.session.remove()
        assert part.is_ok
        return part.sentence

    wait_until(lambda: told(app) == "reports read a replica, 0 s behind")
    assert told(make_app(DATABASE_READ_URL=streamed)) == database_ways.NO_REPLICA
    assert told(make_app(DATABASE_READ_URL="")) == ""
    with replica.away():
        assert told(app) == database_ways.AWAY


def test_the_trail_can_be_verified_on_the_replica(settings, tmp_path, app, replica, streamed):
    with app.app_context():
        cast.invited("bo@example.org")
    replica.catch_up()
    done = Commands(tmp_path).run(
        ["audit", "verify"],
        {"PATH": os.environ["PATH"], **settings, "DATABASE_URL": replica.url(streamed)},
        None,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "acme: " in done.stdout
