"""Rule J1 and J3 at the public page of a join link: the same answer for every address."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select

from tests import cast
from tests.support.meanwhile import between
from webapp import clock
from webapp.db import db
from webapp.domain import invitations, links, organizations, outbox
from webapp.domain.invitations import link_status
from webapp.domain.members import roles
from webapp.domain.organizations import settings
from webapp.models import Event, Invitation, JoinAsk, JoinLink

BO, MAY = "bo@example.org", "may@example.org"


@pytest.fixture
def code(app, secrets):
    """The code of a link of Acme's for twenty people."""
    with app.app_context():
        code = cast.code_of(cast.join_link())
    secrets.learn(code)  # it must not stand in any log
    return code


def change(app, what, *args, **options):
    with app.app_context():
        link_id = db.session.scalar(select(JoinLink.id))
        what(cast.organization(), link_id, *args, by=cast.person(), **options)


def rows(app, model):
    with app.app_context():
        db.session.rollback()
        return db.session.query(model).count()


def shown(answer):
    """A page without its marks against forgery and repetition."""
    return {form.action: sorted(form.fields) for form in answer.page.forms()}, answer.page.words


# The journey


def test_who_opens_the_link_and_types_an_address_is_mailed_an_invitation(browser, app, smtp, code):
    bo = browser()
    bo.open(f"/join/{code}")
    assert bo.page.heading == "Join Acme"
    assert "as a contributor" in bo.page.words
    bo.send(f"/join/{code}", email=BO)
    assert bo.page.heading == "Check your mail"
    with app.app_context():
        outbox.drain()
    (mail,) = smtp.messages
    assert mail.rcpt_to == [BO]
    assert "Priya Shah" in mail.message.get_body(("plain",)).get_content()
    with app.app_context():
        token = cast.mailed_token(cast.invitation(BO))
    bo.open(f"/register?token={token}")
    bo.send("/register", full_name="Bo Lind", password="seven bars and a half")
    with app.app_context():
        assert cast.member(BO).role == "contributor"
        assert link_status.look(token).status == "accepted"


def test_a_code_that_was_read_aloud_is_typed_by_hand(browser, code):
    bo = browser()
    bo.open("/join")
    assert bo.page.heading == "Join with a code"
    bo.send("/join", code=f" {code.lower().replace('-', ' ')} ")
    assert bo.page.heading == "Join Acme"
    assert bo.at.response.request.path == f"/join/{code}"


@pytest.mark.parametrize("typed", ["", "ABCD-EFGH-JKLM", "nonsense", "x" * 5000, "\x00", "😀" * 12])
def test_a_wrong_code_comes_back_with_what_was_typed(browser, code, typed):
    bo = browser()
    bo.open("/join")
    bo.send("/join", code=typed)
    assert bo.status == 422
    assert bo.page.problems == ["There is no link with this code. Check that you copied all of it."]


@pytest.mark.parametrize(
    "path", ["ABCD-EFGH-JKLM", "nonsense", "%00", "%F0%9F%98%80", "a" * 3000, "ABCD-EFGH-JKLM/sent"]
)
def test_an_unknown_link_is_not_found_and_has_the_form_for_codes(browser, code, path):
    bo = browser()
    bo.open(f"/join/{path}")
    assert bo.status == 404
    assert bo.page.heading == "There is no such link"
    bo.send("/join", code=code)
    assert bo.page.heading == "Join Acme"


def test_opening_a_link_changes_nothing_however_often(browser, app, code):
    before = {model: rows(app, model) for model in (Event, Invitation, JoinAsk)}
    scanner = browser()
    for _ in range(5):
        scanner.open(f"/join/{code}")
        scanner.open(f"/join/{code}/sent")
        scanner.client.head(f"/join/{code}")
    assert {model: rows(app, model) for model in before} == before


@pytest.mark.parametrize("email", ["", "bo", "bo@", "bo@exa mple.org", "a" * 400 + "@example.org"])
def test_what_is_no_address_comes_back_beside_the_field(browser, app, code, email):
    bo = browser()
    bo.open(f"/join/{code}")
    bo.send(f"/join/{code}", email=email)
    assert bo.status == 422
    assert len(bo.page.problems) == 1
    assert rows(app, JoinAsk) == 0


def test_the_page_is_in_the_organizations_language(browser, app, code):
    with app.app_context():
        settings.change_email(
            cast.organization(),
            by=cast.person(),
            reminders=True,
            reminder_hours=24,
            reply_to_inviter=False,
            language="de",
        )
    bo = browser()
    for path in (f"/join/{code}", f"/join/{code}/sent"):
        answer = bo.open(path, headers={"Accept-Language": "en"})
        assert 'lang="de"' in answer.text


# The same answer for every address


def people(app):
    """Addresses of every kind that an outsider could want to tell apart."""
    with app.app_context():
        roles.deactivate(cast.organization(), cast.member(cast.MARCO).id, by=cast.person())
        cast.suppressed("back@example.org")
        cast.invited("open@example.org")
        ended = cast.invited("ended@example.org")
        invitations.revoke(cast.organization(), ended.id, by=cast.person())
    return {
        "stranger": "new@example.org",
        "member": cast.CHEN,
        "admin": cast.PRIYA,
        "deactivated": cast.MARCO,
        "elsewhere": cast.EVE,
        "suppressed": "back@example.org",
        "invited": "open@example.org",
        "revoked": "ended@example.org",
    }


def test_every_address_gets_the_same_answer_for_the_same_work(browser, app, code):
    answers = {}
    emails = people(app)
    for kind, email in emails.items():
        with app.app_context():
            engine = db.engine
        statements = []

        def note(_conn, _cursor, statement, *_rest, into=statements):
            into.append(statement)

        bo = browser()
        bo.open(f"/join/{code}")
        form = bo.page.form(f"/join/{code}")
        event.listen(engine, "before_cursor_execute", note)
        try:
            sent = bo.post(form.action, {**form.fields, "email": email}, follow=False)
            told = bo.open(sent.location)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        headers = sorted(name for name, _ in sent.headers)
        answers[kind] = (
            sent.status,
            sent.location,
            len(sent.text),
            headers,
            told.status,
            shown(told),
            statements,
        )
    assert rows(app, JoinAsk) == len(emails)
    expected = answers.pop("stranger")
    for kind, answer in answers.items():
        assert answer == expected, kind


def test_asking_again_is_answered_alike_before_and_after_the_invitation(browser, app, code):
    answers = []
    for _ in range(3):
        bo = browser()
        bo.open(f"/join/{code}")
        answer = bo.send(f"/join/{code}", email=BO)
        answers.append((answer.status, shown(answer)))
        with app.app_context():
            outbox.drain()
    assert answers[0] == answers[1] == answers[2]


def test_no_address_that_is_not_invited_is_mailed(browser, app, smtp, code):
    emails = people(app)
    with app.app_context():
        outbox.drain()
    smtp.messages.clear()
    for email in emails.values():
        bo = browser()
        bo.open(f"/join/{code}")
        bo.send(f"/join/{code}", email=email)
    with app.app_context():
        outbox.drain()
    invited = {mail.rcpt_to[0] for mail in smtp.messages}
    assert invited == {emails["stranger"], emails["elsewhere"], emails["revoked"]}


def test_the_page_echoes_no_address(browser, code):
    bo = browser()
    bo.open(f"/join/{code}")
    bo.send(f"/join/{code}", email="<b>bo</b>@example.org")
    assert "<b>bo" not in bo.at.text
    bo.send(f"/join/{code}", email=BO)
    assert BO not in bo.at.text


# Its states


def ended(browser, code):
    bo = browser()
    bo.open(f"/join/{code}")
    assert bo.status == 410
    return bo.page


def test_every_state_is_a_page_that_says_what_to_do(browser, app, code):
    change(app, links.pause)
    page = ended(browser, code)
    assert page.heading == "This link is paused"
    assert "Try again later" in page.words
    change(app, links.resume)
    with clock.ahead(days=31):
        page = ended(browser, code)
        assert page.heading == "This link has expired"
        assert "ask the person who gave you the link for a new one" in page.words
    change(app, links.revoke)
    page = ended(browser, code)
    assert page.heading == "This link was revoked"


def test_a_used_up_link_says_so(browser, app, secrets):
    with app.app_context():
        code = cast.code_of(cast.join_link(most_uses=1))
    secrets.learn(code)
    bo = browser()
    bo.open(f"/join/{code}")
    may = browser()
    may.open(f"/join/{code}")
    bo.send(f"/join/{code}", email=BO)
    may.send(f"/join/{code}", email=MAY)
    assert may.status == 410
    assert may.page.heading == "This link is used up"
    assert "a place may come free" in may.page.words


def test_a_suspended_organizations_link_says_no_more_than_that_it_is_over(browser, app, code):
    with app.app_context():
        organizations.suspend(cast.organization())
    page = ended(browser, code)
    assert page.heading == "This link no longer works"
    assert "suspended" not in page.words


def test_the_author_is_demoted_while_somebody_stands_in_the_form(browser, app, smtp, code):
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        roles.change_role(acme, cast.member(cast.MARCO).id, by=priya, role="admin")
    bo = browser()
    bo.open(f"/join/{code}")

    def demote():
        member = cast.member(cast.PRIYA)
        marco = cast.person(cast.MARCO)
        roles.change_role(cast.organization(), member.id, by=marco, role="manager")

    with between(app) as then:
        then(demote)
        bo.send(f"/join/{code}", email=BO)
    assert bo.status == 410
    with app.app_context():
        outbox.drain()
    assert smtp.messages == []
    assert rows(app, JoinAsk) == 0


def test_the_author_is_demoted_before_the_answer(browser, app, smtp, code):
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        roles.change_role(acme, cast.member(cast.MARCO).id, by=priya, role="admin")
    bo = browser()
    bo.open(f"/join/{code}")
    bo.send(f"/join/{code}", email=BO)
    with app.app_context():
        marco = cast.person(cast.MARCO)
        roles.change_role(
            cast.organization(), cast.member(cast.PRIYA).id, by=marco, role="contributor"
        )
        outbox.drain()
        assert cast.invitation(BO) is None
    assert smtp.messages == []


# Abuse


def test_a_bot_with_many_addresses_gets_no_more_than_the_links_places(browser, app, secrets):
    with app.app_context():
        code = cast.code_of(cast.join_link(most_uses=3))
    secrets.learn(code)
    statuses = []
    for number in range(10):
        bot = browser(address=f"10.0.0.{number + 1}")
        bot.open(f"/join/{code}")
        if bot.status == 200:
            bot.send(f"/join/{code}", email=f"victim{number}@example.org")
        statuses.append(bot.status)
    assert statuses == [200] * 3 + [410] * 7
    with app.app_context():
        outbox.drain()
    assert rows(app, JoinAsk) == 0
    with app.app_context():
        made = db.session.query(Invitation).filter(Invitation.join_link_id.is_not(None)).count()
    assert made == 3


def test_one_network_asks_sixty_times_a_minute_at_most(make_app, secrets):
    app = make_app(RATELIMIT_ENABLED="1")
    with app.app_context():
        code = cast.code_of(cast.join_link(most_uses=500))
    client = app.test_client()
    statuses = [
        client.post(f"/join/{code}", data={"email": f"p{n}@example.org"}).status_code
        for n in range(62)
    ]
    assert statuses[-1] == 429


def test_guessing_codes_is_slowed_whatever_page_it_is_tried_at(make_app):
    app = make_app(RATELIMIT_ENABLED="1")
    client = app.test_client()
    statuses = [client.get("/join/ABCD-EFGH-JKLM").status_code for _ in range(60)]
    assert set(statuses) == {404}
    assert client.get("/join/ABCD-EFGH-JKLM").status_code == 429
    assert client.get("/join/ABCD-EFGH-JKLM/sent").status_code == 429
    assert client.post("/join", data={"code": "ABCD-EFGH-JKLM"}).status_code == 429


def test_the_same_link_in_other_spellings_is_the_same_link_to_its_limit(make_app, secrets):
    app = make_app(RATELIMIT_ENABLED="1")
    with app.app_context():
        code = cast.code_of(cast.join_link())
    client = app.test_client()
    statuses = []
    for number in range(125):
        typed = code.lower() if number % 2 else code.replace("-", "")
        answer = client.post(
            f"/join/{typed}",
            data={"email": "bo@example.org"},
            environ_overrides={"REMOTE_ADDR": f"10.0.{number // 50}.{number % 50 + 1}"},
        )
        statuses.append(answer.status_code)
    assert statuses[119] == 422
    assert statuses[120] == 429
