"""Forgotten passwords through the pages: strangers learn nothing, owners get back in."""

from __future__ import annotations

import re
import statistics
import time

import pytest

from tests import cast
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import outbox
from webapp.domain.accounts import password_resets, people
from webapp.models import Session, User

NEW = "quite another sentence"


@pytest.fixture
def link(app):
    with app.app_context():
        return password_resets.address(cast.person())


def test_a_forgotten_password_is_replaced_by_mail(browser, app, smtp, travel):
    priya = browser()
    priya.open("/login")
    priya.open(priya.page.links()["I forgot my password"])
    priya.send("/password/forgot", email=cast.PRIYA)
    assert priya.page.heading == "Check your mail"
    assert "If there is an account for that address" in priya.page.words
    assert "If you were invited and have no account yet" in priya.page.words
    assert priya.page.links()["Back to sign-in"] == "/login"
    travel(seconds=password_resets.LONGEST_PAUSE.total_seconds())
    with app.app_context():
        outbox.drain()
    body = smtp.messages[-1].message.get_body(("plain",)).get_content()
    priya.open(next(word for word in body.split() if "token=" in word))
    assert priya.page.heading == "Set a new password"
    priya.send("/password/reset", password="short")
    assert (priya.status, len(priya.page.problems)) == (422, 1)
    priya.send("/password/reset", password=NEW)
    assert priya.page.heading == "Invitations"


def test_a_copied_cookie_is_dead_after_a_reset_with_redis_killed(browser, link, redis):
    thief = browser(cast.PRIYA)
    redis.kill()
    owner = browser()
    owner.open(link)
    owner.send("/password/reset", password=NEW)
    thief.open("/orgs/acme/invitations")
    assert thief.page.heading == "Sign in"


def test_opening_a_link_changes_nothing(browser, link, app):
    for _ in range(3):
        browser().open(link)
    with app.app_context():
        assert password_resets.look(link.partition("token=")[2])


def test_a_used_link_says_how_to_get_another(browser, link):
    owner = browser()
    owner.open(link)
    form = owner.page.form("/password/reset")
    owner.send("/password/reset", password=NEW)
    again = browser()
    again.open(link)
    assert (again.status, again.page.heading) == (404, "This link does not work")
    assert again.page.links()["Ask for a new link"] == "/password/forgot"
    again.post("/password/reset", {**form.fields, "password": NEW})
    assert again.status == 404


NASTY = ["", "nul\0@acme.example", "no address", "a@b.example\r\nBcc: eve@evil.example", "x" * 9999]


@pytest.mark.parametrize("email", NASTY, ids=range(len(NASTY)))
def test_what_is_no_address_is_refused_and_kept(browser, email):
    somebody = browser()
    somebody.open("/password/forgot")
    somebody.send("/password/forgot", email=email)
    assert (somebody.status, len(somebody.page.problems)) == (422, 1)
    kept = somebody.page.form("/password/forgot").fields["email"]
    assert kept == " ".join(email.replace("\0", "").splitlines())


def test_asking_is_limited(browser):
    somebody = browser(check=False)
    statuses = []
    for number in range(12):
        somebody.open("/password/forgot")
        answer = somebody.send("/password/forgot", follow=False, email=f"p{number}@acme.example")
        statuses.append(answer.status)
    assert statuses == [303] * 10 + [429] * 2


def test_known_and_unknown_addresses_get_the_same_answer_in_the_same_time(make_app):
    app = make_app(RATELIMIT_ENABLED="false")
    with app.app_context():
        make_people(200)
    client = app.test_client()
    token = csrf(client.get("/password/forgot").text)
    taken, answers = {"known": [], "other": []}, set()
    for number in range(-10, 200):  # the first ten warm up
        names = ["other", "other"] if number < 0 else ["known", "other"]
        for name in names[:: 1 if number % 2 else -1]:
            data = {"csrf_token": token, "email": f"{name}{number:04}@acme.example"}
            began = time.process_time()
            answer = client.post("/password/forgot", data=data)
            spent = time.process_time() - began
            page = client.get(answer.location)
            words = re.sub(r'value="[^"]+"', "", page.text)  # the forms' tokens
            answers.add((answer.status_code, answer.text, answer.location, words))
            if number >= 0:
                taken[name].append(spent)
    assert len(answers) == 1
    medians = sorted(statistics.median(times) for times in taken.values())
    assert medians[1] < 1.1 * medians[0]
    with app.app_context():
        count = "SELECT count(*) FROM deliveries WHERE kind = 'reset'"
        assert db.session.scalar(db.text(count)) == 200


@transaction()
def make_people(count):
    for number in range(count):
        email = f"known{number:04}@acme.example"
        db.session.add(
            User(
                email=email,
                email_key=email,
                full_name="Somebody",
                password_hash="none",
                created_at=clock.now(),
                verified_at=clock.now(),
            )
        )


def csrf(html):
    return html.split('name="csrf_token" value="')[1].split('"')[0]


def test_a_reset_leaves_one_session(browser, app, link):
    browser(cast.PRIYA)
    owner = browser()
    owner.open(link)
    owner.send("/password/reset", password=NEW)
    with app.app_context():
        priya = people.find(cast.PRIYA)
        live = db.session.query(Session).filter_by(user_id=priya.id, revoked_at=None)
        assert live.count() == 1
