"""What the operator's probes say, with each part stopped in turn; pages stay up."""

from __future__ import annotations

import io
import json
import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from tests import cast
from tests.support.client import Browser
from webapp import clock, trace
from webapp.db import db, transaction
from webapp.domain import outbox
from webapp.domain.operations import checks, doctor, job_runs, sweeps, tallies

TOKEN = "a token that only Prometheus has"
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def settings(settings):
    return {**settings, "METRICS_TOKEN": TOKEN}


@pytest.fixture
def ask(app):
    """What /readyz says, and its status."""

    def ask():
        answer = app.test_client().get("/readyz")
        return answer.get_json(), answer.status_code

    return ask


@pytest.fixture
def all_run(app, redis):
    """Whatever should run has just run."""
    with app.app_context():
        outbox.drain()
        job_runs.note(job_runs.SCHEDULER)
    redis.client().flushall()


def samples(app, headers=WITH_TOKEN):
    answer = app.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {
        (one.name, *one.labels.values()): one.value for family in families for one in family.samples
    }


@pytest.mark.both_databases
def test_all_is_ready_when_all_runs(ask, all_run):
    said, status = ask()
    assert status == 200
    assert said["status"] == "ready"
    parts = ("database", "migrations", "redis", "queue", "mail", "scheduler")
    assert {said[name] for name in parts} == {"ok"}
    assert said["words"] == []
    assert said["last_scheduler_run"].startswith("20")
    assert said["oldest_due_delivery"] is None


@pytest.mark.parametrize("trouble", ["kill", "freeze"])
def test_without_redis_it_is_degraded_and_pages_and_mail_go_on(
    ask, all_run, app, redis, smtp, browser, trouble
):
    getattr(redis, trouble)()
    said, status = ask()
    assert (status, said["status"], said["redis"]) == (200, "degraded", "away")
    assert (said["database"], said["mail"], said["queue"]) == ("ok", "ok", "unknown")
    assert "the scheduler sends mail" in " ".join(said["words"])
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations")
    assert priya.status == 200
    with app.app_context():
        cast.invited()
        assert outbox.drain()["sent"] == 1
    assert samples(app)["gatehouse_part_up", "redis"] == 0
    redis.thaw()


def test_without_a_database_it_is_not_ready_and_says_so(ask, app, postgres, make_app):
    url = postgres.create_database("gone")
    postgres.drop_database(url)
    gone = make_app(DATABASE_URL=url)
    answer = gone.test_client().get("/readyz")
    said = answer.get_json()
    assert (answer.status_code, said["status"]) == (503, "not ready")
    assert (said["database"], said["redis"], said["mail"]) == ("away", "ok", "unknown")
    assert "The database does not respond. Check DATABASE_URL." in said["words"]
    assert gone.test_client().get("/healthz").status_code == 200
    assert samples(gone)["gatehouse_part_up", "database"] == 0
    page = gone.test_client().get("/orgs/acme/invitations")
    assert page.status_code == 303
    assert gone.test_client().get("/login").status_code == 200
    with gone.app_context():
        found = {part.name: part for part in doctor.examine()}
    assert doctor.is_wrong(found["database"])
    assert doctor.is_wrong(found["migrations"])


@pytest.mark.both_databases
def test_a_database_of_another_version_is_not_ready(ask, app):
    with app.app_context():
        stand_at("0001")
    said, status = ask()
    assert (status, said["migrations"]) == (503, "behind")
    assert "The database is at version 0001" in said["words"][0]
    assert "flask --app wsgi db upgrade" in said["words"][0]


@pytest.mark.both_databases
def test_the_previous_release_is_ready_while_the_next_one_has_migrated(ask, app):
    with app.app_context():
        stand_at("9999")
    said, status = ask()
    assert (status, said["status"], said["migrations"]) == (200, "degraded", "newer")
    assert said["mail"] == "ok"
    assert "The database belongs to a newer version." in said["words"][0]
    assert app.test_client().get("/login").status_code == 200


@transaction()
def stand_at(version):
    db.session.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def test_each_late_part_is_named(ask, app, all_run, redis, travel):
    with app.app_context():
        cast.invited()
    travel(minutes=6)
    said, status = ask()
    assert (status, said["status"]) == (200, "degraded")
    assert (said["queue"], said["mail"], said["scheduler"]) == ("late", "late", "late")
    assert said["queue_age_seconds"] > 300
    words = " ".join(said["words"])
    assert "Is a worker running?" in words
    assert "Are a worker and the scheduler running?" in words
    assert "Is its process running?" in words


def test_a_scheduler_that_never_ran_is_said(ask):
    assert "The scheduler has never run. Start its process." in ask()[0]["words"]


def test_mail_that_is_held_is_said_without_the_servers_words(ask, app, smtp, all_run):
    smtp.script["MAIL FROM"] = "535 5.7.8 Authentication failed"
    with app.app_context():
        cast.invited()
        outbox.drain()
        assert doctor.is_wrong({part.name: part for part in doctor.examine()}["mail"])
    said, _ = ask()
    assert said["mail"] == "held"
    assert "535" not in json.dumps(said)
    assert samples(app)["gatehouse_mail_held",] == 1


def test_metrics_are_for_whoever_has_the_token(app, make_app):
    anybody = app.test_client()
    for wrong in (
        {},
        {"Authorization": "Bearer no"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer \u00fc"},
        {"Authorization": "Bearer"},
    ):
        answer = anybody.get("/metrics", headers=wrong)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert "gatehouse_" not in answer.text
    closed = make_app(METRICS_TOKEN="").test_client()
    assert closed.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.both_databases
def test_metrics_count_events_mails_jobs_and_requests(app, smtp, all_run):
    before = samples(app)
    smtp.script["RCPT TO:<no@example.org>"] = "550 5.1.1 nobody"
    with app.app_context():
        cast.invited()
        cast.invited("no@example.org")
        waiting = samples(app)
        outbox.drain()
        job_runs.note("jobs.outbox.drain", 2.5)
        job_runs.note("jobs.outbox.drain", 0.5, failed=True)
    app.test_client().get("/login")
    app.test_client().open("/register?token=hush-hush", method="BREW")
    after = samples(app)

    def more(*key):
        return after.get(key, 0) - before.get(key, 0)

    assert waiting["gatehouse_outbox_mails", "queued"] == 2
    assert after["gatehouse_outbox_mails", "queued"] == 0
    assert more("gatehouse_events_total", "InvitationCreated") == 2
    assert more("gatehouse_mail_tries_total", "sent") == 1
    assert more("gatehouse_mail_tries_total", "refused") == 1
    assert more("gatehouse_job_runs_total", "jobs.outbox.drain") == 2
    assert more("gatehouse_job_failures_total", "jobs.outbox.drain") == 1
    assert more("gatehouse_job_seconds_total", "jobs.outbox.drain") == 3
    assert after["gatehouse_job_last_seconds", "jobs.outbox.drain"] == 0.5
    assert more("gatehouse_http_request_seconds_count", "GET", "/login", "200") == 1
    assert not [key for key in after if "BREW" in key or "hush" in str(key)]


def test_a_refusal_by_a_rate_limit_is_counted(app):
    key = ("gatehouse_rate_limit_hits_total", "/login")
    before = samples(app).get(key, 0)
    client = app.test_client()
    while client.post("/login", data={"email": "x@y.example", "password": "z"}).status_code != 429:
        pass
    assert samples(app)[key] == before + 1


@pytest.mark.both_databases
def test_what_is_summed_up_is_counted_once_and_what_is_fresh_is_not_yet_summed(app, travel):
    with app.app_context():
        cast.invited()
        exact = tallies.of("event")
        assert tallies.sum_up() == 0
        travel(minutes=11)
        assert tallies.sum_up() == sum(exact.values())
        assert tallies.of("event") == exact
        cast.invited("new@example.org")
        travel(minutes=11)
        sweeps.sum_up()
        sweeps.sum_up()
        exact["InvitationCreated"] += 1
        assert tallies.of("event") == exact


def test_the_log_has_one_line_for_a_request_with_who_where_and_what(make_app, secrets):
    app = make_app(LOG_FORMAT="json")
    stream = io.StringIO()
    (handler,) = logging.getLogger(trace.LOG).handlers
    priya = Browser(app, secrets)
    priya.sign_in(cast.PRIYA, cast.PASSWORD)
    priya.open("/orgs/acme/invitations/new")
    handler.setStream(stream)
    priya.send("/orgs/acme/invitations", follow=False, email="bo@example.org")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    (line,) = [line for line in lines if line["logger"] == "gatehouse.web"]
    assert (line["method"], line["route"]) == ("POST", "/orgs/<slug:slug>/invitations")
    assert (line["status"], line["organization"]) == (303, "acme")
    with app.app_context():
        assert line["actor"] == f"user {cast.person().id}"
    assert line["events"] == ["InvitationCreated"]
    assert line["request_id"] == priya.at.headers["X-Request-ID"]
    assert "bo@example.org" not in stream.getvalue()


def test_the_doctor_finds_a_mail_server_that_is_away_and_a_clock_that_is_wrong(app, smtp, redis):
    with app.app_context():
        outbox.drain()  # the cast's mails are as old as the database that each test copies
        assert not any(doctor.is_wrong(part) for part in doctor.examine())
        with clock.ahead(seconds=60):
            wrong = [part for part in doctor.examine() if doctor.is_wrong(part)]
        assert [part.name for part in wrong] == ["clock"]
        assert "60 seconds ahead of that of Redis" in wrong[0].sentence
        smtp.stop()
        wrong = [part for part in doctor.examine() if doctor.is_wrong(part)]
        assert [part.name for part in wrong] == ["smtp"]
        assert "Connection refused" in wrong[0].sentence


def test_the_status_is_that_of_the_worst_part():
    well, away = checks.Part("redis"), checks.Part("redis", "away")
    assert checks.status([well]) == "ready"
    assert checks.status([away]) == "degraded"
    assert checks.status([away, checks.Part("migrations", "behind")]) == "not ready"
