"""A copied link tells nobody whether the address that it invites has an account (rule 16)."""

from __future__ import annotations

import re

import pyotp
import pytest

from tests import cast
from webapp import clock
from webapp.db import db
from webapp.domain.accounts import people, second_factors
from webapp.domain.invitations import acceptances, links
from webapp.models import Event

KNOWN, UNKNOWN = cast.PRIYA, "nobdy@acme.example"
WEAK = {"full_name": "P S", "password": "short"}
ANSWERS = {
    "a short password": WEAK,
    "a common one": {"full_name": "P S", "password": "123456789123"},
    "no name": {"full_name": "", "password": "a sentence of some length"},
    "a name that is taken": {
        "full_name": "P S",
        "username": "taken",
        "password": "a sentence of some length",
    },
    "nothing": {"full_name": "", "password": ""},
    "a code": {**WEAK, "code": "123456"},
}


@pytest.fixture
def tokens(app):
    """The tokens of two copied links, for an address with an account and for one without."""
    with app.app_context():
        people_of_evil = [cast.invited(one, slug="evil", send=False) for one in (KNOWN, UNKNOWN)]
        made = cast.invited("taken@example.org", slug="evil")
        acceptances.accept(
            cast.mailed_token(made),
            full_name="T",
            username="taken",
            password="a gate of eight bars",
        )
        return [links.token(one, links.COPIED) for one in people_of_evil]


def plain(answer, token):
    """What an answer says, without what differs from one link to the next."""
    text = answer.text.replace(token, "TOKEN")
    text = re.sub(r'name="csrf_token" value="[^"]+"', "", text)
    return text.replace(KNOWN, "WHO").replace(UNKNOWN, "WHO")


def test_its_page_is_the_same(browser, tokens):
    pages = [plain(browser().open(f"/register?token={token}"), token) for token in tokens]
    assert pages[0] == pages[1]
    assert 'name="full_name"' in pages[0]


@pytest.mark.parametrize("path", ["/register", "/register/join"])
@pytest.mark.parametrize("typed", ANSWERS.values(), ids=ANSWERS)
def test_its_form_refuses_alike(browser, tokens, typed, path):
    said = []
    for token in tokens:
        somebody = browser()
        form = somebody.open(f"/register?token={token}").page.form("/register")
        answer = somebody.post(path, {**form.fields, **typed})
        said.append((answer.status, plain(answer, token)))
    assert said[0] == said[1]
    assert said[0][0] == 422


def test_looking_at_it_by_program_says_the_same(app, tokens):
    client = app.test_client()
    for path in ("/api/v1/invitations/validate?token=", "/api/organizations/invitations/"):
        seen = [client.get(path + token).json for token in tokens]
        assert [one.pop("email") for one in seen] == [KNOWN, UNKNOWN]
        assert seen[0] == seen[1]
        assert seen[0]["has_account"] is False


@pytest.mark.parametrize("typed", ANSWERS.values(), ids=ANSWERS)
def test_answering_it_by_program_is_refused_alike(app, tokens, typed):
    client, said = app.test_client(), []
    for token in tokens:
        answer = client.post("/api/v1/invitations/accept", json={"token": token, **typed})
        said.append((answer.status_code, {**answer.json, "instance": ""}))
    assert said[0] == said[1]
    assert said[0][0] == 422


def test_refusals_are_limited_alike(app, tokens):
    client = app.test_client()
    for token in tokens:
        statuses = [
            client.post("/api/v1/invitations/accept", json={"token": token, **WEAK}).status_code
            for _ in range(12)
        ]
        assert statuses == [422] * 10 + [429] * 2
    with app.app_context():
        failed = db.session.query(Event).filter_by(name="SignInFailed").count()
    assert failed == 20


def test_the_accounts_password_joins(browser, tokens):
    priya = browser()
    priya.open(f"/register?token={tokens[0]}")
    priya.send("/register", password=cast.PASSWORD)
    assert "Members of Evil Corp" in priya.page.heading
    priya.open("/account")
    assert priya.page.form("/account").fields["full_name"] == "Priya Shah"


def test_another_password_says_what_to_do_and_changes_nothing(browser, app, tokens):
    somebody = browser()
    somebody.open(f"/register?token={tokens[0]}")
    somebody.send("/register", full_name="P", password="a sentence of some length")
    assert somebody.status == 422
    assert "replace it from the sign-in page" in somebody.page.problems[0]
    with app.app_context():
        assert cast.invitation(KNOWN).state == "pending"


def test_who_has_no_account_makes_one(browser, app, tokens):
    somebody = browser()
    somebody.open(f"/register?token={tokens[1]}")
    somebody.send("/register", full_name="Nobdy", password="a sentence of some length")
    assert somebody.page.heading == "Members of Evil Corp"
    with app.app_context():
        assert not people.find(UNKNOWN).is_verified


def test_a_second_factor_is_asked_for_once_the_password_was_right(browser, app, tokens):
    with app.app_context():
        offer = second_factors.offer(cast.person())
        code = pyotp.TOTP(offer.secret).at(clock.now())
        second_factors.switch_on(cast.person(), offer.sealed, password=cast.PASSWORD, code=code)
    priya = browser()
    with clock.ahead(minutes=1):
        priya.open(f"/register?token={tokens[0]}")
        assert "Code from your app" not in priya.page.words
        priya.send("/register", password=cast.PASSWORD)
        assert priya.status == 422
        assert "Enter the code from your app." in priya.page.problems[0]
        code = pyotp.TOTP(offer.secret).at(clock.now())
        priya.send("/register", password=cast.PASSWORD, code=code)
    assert priya.page.heading == "Members of Evil Corp"
