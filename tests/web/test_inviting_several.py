"""Several people in the form for one: checked line by line, then all of them or the good ones."""

from __future__ import annotations

import random

import pytest

from tests import cast
from tests.support.page import text as read
from webapp.db import db
from webapp.domain.imports import several
from webapp.domain.invitations import acceptances
from webapp.models import Invitation

PICTURES = [chr(number) for number in range(0x1F300, 0x1F5FF)]
PEOPLE = "/orgs/acme/invitations"
FIVE = (
    "ada@example.org, Lind, Bo <bo@example.org>; cy@example.org di@example.org\n"
    "mailto:ed@example.org,"
)


@pytest.fixture
def priya(browser):
    """The admin, before the form."""
    person = browser(cast.PRIYA)
    person.open(f"{PEOPLE}/new")
    return person


def invite(priya, email, **typed):
    return priya.send(PEOPLE, email=email, **typed)


def invited(app):
    """Who has an open invitation, with name and role."""
    with app.app_context():
        rows = db.session.query(Invitation).filter_by(state="pending").order_by(Invitation.email)
        return {row.email: (row.name, row.role) for row in rows}


def texts(page):
    """What the page lists of the people in the form."""
    items = page.root.findall(".//ul[@class='people']/li")
    return [" ".join("".join(item.find("div").itertext()).split()) for item in items]


def test_five_people_are_invited_with_one_press(priya, app):
    invite(priya, FIVE, role="manager", message="Hello")
    assert "5 people invited. Their links are good until" in priya.page.messages
    names = dict.fromkeys(("ada", "cy", "di", "ed"), None) | {"bo": "Bo Lind"}
    assert invited(app) == {f"{n}@example.org": (name, "manager") for n, name in names.items()}


def test_roles_and_names_pasted_from_a_spreadsheet_are_kept(priya, app):
    invite(priya, "ada@example.org\tAdmin\tAda\nbo@example.org\t\tBo Lind")
    assert invited(app) == {
        "ada@example.org": ("Ada", "admin"),
        "bo@example.org": ("Bo Lind", "contributor"),
    }


@pytest.mark.parametrize(
    "text",
    ["Bo Lind <bo@example.org>", "Lind, Bo <bo@example.org>;", '"Bo Lind" <mailto:bo@example.org>'],
)
def test_one_person_may_be_written_as_in_a_mail_program(priya, app, text):
    invite(priya, text)
    assert "Invitation sent to bo@example.org." in priya.page.messages
    assert invited(app) == {"bo@example.org": ("Bo Lind", "contributor")}


def test_the_name_field_counts_more_than_the_name_beside_the_address(priya, app):
    invite(priya, "Lind <bo@example.org>", name="Bo")
    assert invited(app) == {"bo@example.org": ("Bo", "contributor")}


def test_what_is_wrong_with_each_stands_beside_it_and_nobody_is_invited(priya, app):
    with app.app_context():
        cast.invited("open@example.org")
        acceptances.decline(cast.mailed_token(cast.invited("blocked@example.org")), not_for_me=True)
    text = f"bo@example.org nonsense {cast.CHEN} open@example.org blocked@example.org joe@gmial.com"
    invite(priya, text, message="Hello")
    assert priya.status == 422
    assert priya.page.problems == [
        "5 of these 6 addresses have a problem. Correct them, or send to the others."
    ]
    for line, words in zip(
        texts(priya.page),
        ("bo@", "not a complete", "already a member", "already has an open", "", "joe@gmail.com?"),
        strict=True,
    ):
        assert words in line
    fields = priya.page.form(PEOPLE).fields
    assert fields["email"].split("\n")[-1] == "joe@gmial.com"
    assert (fields["email"].strip().split(), fields["message"].strip()) == (text.split(), "Hello")
    assert set(invited(app)) == {"open@example.org"}


def test_the_others_are_invited_when_that_is_chosen(priya, app):
    invite(priya, f"bo@example.org {cast.CHEN} lea@example.org")
    assert priya.status == 422
    priya.send(PEOPLE, others="1")
    assert "2 people invited." in priya.page.messages
    assert f"{cast.CHEN} was not invited: {cast.CHEN} is already a member." in priya.page.messages
    assert set(invited(app)) == {"bo@example.org", "lea@example.org"}


def told(page):
    """The messages, one by one."""
    return [read(box) for box in page.root.findall(".//*[@id='messages']/div")]


def test_those_who_were_not_invited_are_named_in_one_message(priya):
    wrong = ["joe@gmail.co", *(f"nonsense{number}" for number in range(6))]
    invite(priya, f"bo@example.org {cast.CHEN}, {', '.join(wrong)}")
    priya.send(PEOPLE, others="1")
    success, refusal = told(priya.page)
    assert success.startswith("Invitation sent to bo@example.org.")
    assert refusal.startswith(f"Not invited: {cast.CHEN} is already a member. joe@gmail.co: Did ")
    assert "nonsense2: This is not a complete email address." in refusal
    assert refusal.endswith(" And 3 more.")
    assert refusal.count("nonsense") == 3


@pytest.mark.parametrize("number", [1, 2, 9])
def test_messages_about_long_texts_fit_into_their_cookie(priya, number):
    long = "ä" * 30 + "@example.org"
    dice = random.Random(0)  # a text that cannot be pressed together
    pictures = ["".join(dice.choices(PICTURES, k=1000)) for _ in range(number)]
    wrong = ", ".join(f"{words}@" for words in pictures)
    invite(priya, f"{long}, {wrong}")
    fields = priya.page.form(PEOPLE).fields
    answer = priya.post(PEOPLE, {**fields, "others": "1"}, follow=False)
    cookies = answer.headers.getlist("Set-Cookie")
    assert max(map(len, cookies)) < 4000
    priya.open(PEOPLE)
    success, refusal = told(priya.page)
    assert long in success
    assert pictures[0][:10] in refusal


def test_sending_to_the_others_does_not_invite_a_likely_typo(priya, app):
    invite(priya, f"bo@example.org joe@gmial.com {cast.CHEN}")
    assert priya.page.form(PEOPLE).fields["asked"] == "joe@gmial.com"
    priya.send(PEOPLE, others="1")
    assert set(invited(app)) == {"bo@example.org"}


def test_an_address_that_was_kept_is_not_asked_about_again_after_another_refusal(priya, app):
    invite(priya, f"joe@gmial.com zoe@hotmial.com {cast.CHEN}", sure="joe@gmial.com")
    assert priya.page.form(PEOPLE).fields["sure"] == "joe@gmial.com"
    assert "joe@gmail.com" not in priya.page.html
    assert "zoe@hotmail.com" in priya.page.html
    priya.send(PEOPLE, others="1")
    assert set(invited(app)) == {"joe@gmial.com"}


def test_what_was_sent_twice_stays_confirmed_after_another_refusal(priya, app):
    invite(priya, f"joe@gmial.com {cast.CHEN}")
    priya.send(PEOPLE)
    assert priya.status == 422
    assert "Did you mean" not in priya.page.html
    fields = priya.page.form(PEOPLE).fields
    assert (fields["sure"], fields.get("asked")) == ("joe@gmial.com", None)
    priya.send(PEOPLE, email="joe@gmial.com")
    assert set(invited(app)) == {"joe@gmial.com"}


def test_what_was_asked_stays_a_question_when_the_others_cannot_be_sent(priya):
    invite(priya, f"bo@example.org joe@gmial.com {cast.CHEN}")
    priya.send(PEOPLE, others="1", name="Bo and Joe", message="x" * 1001)
    assert priya.status == 422
    assert "sure" not in priya.page.form(PEOPLE).fields


def test_nothing_that_a_page_cannot_hold_is_given_back_as_confirmed(priya):
    invite(priya, "nonsense", sure=["joe\0@gmial.com", "zoe@hotmial.com", "zoe@hotmial.com"])
    given = [e.get("value") for e in priya.page.root.iter("input") if e.get("name") == "sure"]
    assert given == ["zoe@hotmial.com"]


def test_when_nobody_can_be_invited_there_are_no_others(priya, app):
    invite(priya, f"nonsense; {cast.CHEN}", others="1")
    assert priya.status == 422
    assert "None of these 2 addresses can be invited" in priya.page.problems[0]
    assert "others" not in priya.page.html


def test_a_likely_typo_is_asked_about_once_and_then_invited_as_typed(priya, app):
    invite(priya, "joe@gmial.com")
    assert priya.status == 422
    assert priya.page.problems == ["Did you mean joe@gmail.com? Choose below."]
    assert priya.page.form(PEOPLE).fields["email"] == "joe@gmial.com"
    priya.send(PEOPLE)
    assert "Invitation sent to joe@gmial.com." in priya.page.messages
    assert set(invited(app)) == {"joe@gmial.com"}


def test_a_likely_typo_is_corrected_by_a_tick(priya, app):
    invite(priya, "Joe <joe@gmial.com>, bo@example.org")
    priya.send(PEOPLE, use="joe@gmial.com")
    assert invited(app) == {
        "joe@gmail.com": ("Joe", "contributor"),
        "bo@example.org": (None, "contributor"),
    }


def test_another_typo_is_asked_about_as_well(priya, app):
    invite(priya, "joe@gmial.com")
    invite(priya, "zoe@hotmial.com")
    assert priya.status == 422
    assert "zoe@hotmail.com" in priya.page.problems[0]


def test_the_same_person_twice_is_invited_once(priya, app):
    invite(priya, "bo@example.org, BO@example.org")
    assert "Invitation sent to bo@example.org." in priya.page.messages


def test_a_name_for_several_people_is_refused_and_kept(priya, app):
    invite(priya, "bo@example.org, lea@example.org", name="Bo")
    assert priya.status == 422
    assert priya.page.problems[0].startswith("A name here is for one person.")
    fields = priya.page.form(PEOPLE).fields
    assert (fields["email"].split(), fields["name"]) == (
        ["bo@example.org", "lea@example.org"],
        "Bo",
    )
    assert invited(app) == {}


def test_more_than_a_hundred_are_led_to_the_import(priya, app):
    invite(priya, "\n".join(f"p{n}@example.org" for n in range(101)))
    assert priya.status == 422
    assert "at most 100 people here" in priya.page.problems[0]
    assert "p100@example.org" in priya.page.form(PEOPLE).fields["email"]
    assert invited(app) == {}


class TestWithTwoLeftToday:
    """The day's limit counts everybody."""

    @pytest.fixture
    def settings(self, settings):
        return {**settings, "INVITATIONS_PER_ADMIN_PER_DAY": "4"}  # two invited the cast

    def test_whoever_is_over_it_is_not_invited(self, priya, app):
        invite(priya, "ada@example.org bo@example.org cy@example.org")
        assert priya.status == 422
        assert "You have sent 4 invitations today" in texts(priya.page)[2]
        priya.send(PEOPLE, others="1")
        assert set(invited(app)) == {"ada@example.org", "bo@example.org"}


class TestTheCheck:
    """What the form asks while it is being filled in."""

    def check(self, priya, email, **typed):
        if priya.page.forms():
            self.token = priya.page.form(PEOPLE).fields["csrf_token"]
        fields = {"csrf_token": self.token, "role": "contributor", "expiry_days": "7", **typed}
        headers = {"HX-Request": "true"}
        return priya.post(f"{PEOPLE}/check", {**fields, "email": email}, headers=headers)

    def test_says_the_same_as_sending_and_writes_nothing(self, priya, app):
        answer = self.check(priya, f"Bo <bo@example.org>, {cast.CHEN}, joe@gmial.com, nonsense")
        assert answer.status == 200
        bo, chen, joe, nonsense = texts(answer.page)
        assert bo == "Bo bo@example.org"
        assert "is already a member" in chen
        assert "Did you mean joe@gmail.com?" in joe
        assert "not a complete email address" in nonsense
        assert 'data-said="4 people. 3 need your attention."' in answer.text
        assert 'name="asked"' not in answer.text
        assert invited(app) == {}

    def test_takes_a_confirmed_typo_as_it_is(self, priya):
        assert "Did you mean" not in self.check(priya, "joe@gmial.com", asked="joe@gmial.com").text

    def test_without_the_form_s_token_it_is_refused(self, priya):
        assert self.check(priya, "bo@example.org", csrf_token="x").status == 422

    @pytest.mark.parametrize(("email", "status"), [(cast.MARCO, 403), (cast.EVE, 404)])
    def test_is_for_admins_of_the_organization(self, browser, email, status):
        somebody = browser(email)
        assert somebody.post(f"{PEOPLE}/check", {"email": "bo@example.org"}).status == status

    def test_cannot_be_asked_without_end(self, priya):
        answers = {self.check(priya, "bo@example.org").status for _ in range(121)}
        assert answers == {200, 429}


def test_no_more_typos_are_corrected_than_there_can_be_people(app):
    typos = [f"p{number}@gmial.com" for number in range(several.MOST + 1)]
    corrected = several.correct(" ".join(typos), [typos[0], *typos]).split()
    assert corrected[-2:] == ["p99@gmail.com", "p100@gmial.com"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("email,message\nbo@example.org,Hello", "Messages for individual people cannot be sent"),
        ("email,message\nbo@example.org,Hello\nlea@example.org,\nnonsense,", "Messages for"),
        ("email,role,name\nbo@example.org,manager,Lind, Bo", "bo@example.org: This line has more"),
        ("email,name\nlea@example.org,\nbo@example.org,Lind, Bo", "bo@example.org: This line has"),
        ("email,role\nlea@example.org,boss\nbo@example.org,", "lea@example.org: “boss” is not a"),
        (f"bo@example.org,manager,{'x' * 140_000}", "bo@example.org: A cell in this line is too"),
    ],
    ids=range(6),
)
def test_what_the_lines_of_the_form_cannot_say_is_refused_and_kept_as_it_was_typed(
    priya, app, text, words
):
    invite(priya, text, others="1")
    assert priya.status == 422
    assert words in " ".join(priya.page.problems)
    assert priya.page.form(PEOPLE).fields["email"].strip() == text
    assert invited(app) == {}


def test_names_and_roles_are_the_same_after_a_refusal(priya, app):
    text = "email,role,name\nada@example.org,Admin,Louis 14\nbo@example.org,manager,admin"
    invite(priya, f"{text}\nnonsense,,")
    assert priya.status == 422
    priya.send(PEOPLE, others="1")
    assert invited(app) == {
        "ada@example.org": ("Louis 14", "admin"),
        "bo@example.org": ("admin", "manager"),
    }
