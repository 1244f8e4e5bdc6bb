"""Rules 7 to 10 through the pages: every link ends in a page that says what to do."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from tests import cast
from webapp.db import db
from webapp.domain import events, invitations, organizations, outbox
from webapp.domain.accounts import people
from webapp.domain.deliverability import suppressions
from webapp.domain.invitations import acceptances, link_status, links, resends

PASSWORD = "seven bars and a half"


@pytest.fixture
def link(app):
    """The link that was mailed to Bo."""
    with app.app_context():
        return f"/register?token={cast.mailed_token(cast.invited())}"


def token_of(link):
    return link.partition("token=")[2]


def snapshot(app):
    """Every row of every table, but for when a link was first opened and its event."""
    with app.app_context():
        rows = {}
        for table in ("users", "memberships", "sessions", "deliveries", "organizations"):
            rows[table] = db.session.execute(text(f"SELECT * FROM {table} ORDER BY id")).all()
        query = "SELECT * FROM user_invitations ORDER BY id"
        rows["invitations"] = [
            {k: v for k, v in row.items() if k != "opened_at"}
            for row in db.session.execute(text(query)).mappings()
        ]
        query = "SELECT * FROM events WHERE name <> 'InvitationOpened' ORDER BY id"
        rows["events"] = db.session.execute(text(query)).all()
        return rows


def test_the_form_shows_who_invites_and_asks_no_address(browser, link):
    bo = browser()
    bo.open(link)
    assert bo.status == 200
    form = bo.page.form("/register")
    assert set(form.fields) == {"csrf_token", "token", "full_name", "username", "password"}
    assert 'value="bo@example.org"' in bo.page.html
    assert bo.at.headers["Referrer-Policy"] in ("same-origin", "no-referrer")


def test_opening_a_link_however_often_changes_nothing_but_when_it_was_first_opened(
    browser, link, app
):
    before = snapshot(app)
    scanner = browser()
    for _ in range(3):
        assert scanner.client.head(link).status_code == 200
        assert scanner.client.head(f"/invite/{token_of(link)}").status_code == 303
    assert snapshot(app) == before
    with app.app_context():
        assert cast.invitation().opened_at is None
    for _ in range(3):
        scanner.open(link)
        scanner.open(f"/register/decline?token={token_of(link)}")
    assert snapshot(app) == before
    with app.app_context():
        assert cast.invitation().opened_at is not None


def test_the_other_way_to_write_a_link_leads_to_the_same_page(browser, link):
    bo = browser()
    bo.open(f"/invite/{token_of(link)}")
    assert bo.page.heading == "Join Acme"


def test_the_address_in_the_form_is_not_believed(browser, link, app):
    bo = browser()
    bo.open(link)
    bo.send("/register", full_name="Bo", password=PASSWORD, email="eve@evil.example")
    with app.app_context():
        assert people.find("bo@example.org") is not None


def test_what_was_typed_is_kept_and_each_message_stands_beside_its_field(browser, link):
    bo = browser()
    bo.open(link)
    bo.send("/register", full_name="Bo Lind", username="bo lind", password="short")
    assert bo.status == 422
    form = bo.page.form("/register")
    assert (form.fields["full_name"], form.fields["username"]) == ("Bo Lind", "bo lind")
    assert form.fields["password"] == ""
    assert len(bo.page.problems) == 2
    assert any("at least 12 characters" in line for line in map(str.lower, bo.page.problems))
    assert 'aria-invalid="true"' in bo.page.html
    assert bo.page.title.startswith("Error: ")
    bo.send("/register", username="bolind", password=PASSWORD)
    assert "Members of Acme" in bo.page.words


def test_a_used_link_says_to_sign_in(browser, link):
    browser_of_bo = browser()
    browser_of_bo.open(link)
    browser_of_bo.send("/register", full_name="Bo", password=PASSWORD)
    again = browser()
    again.open(link)
    assert again.status == 410
    assert again.page.heading == "This invitation was already accepted"
    assert again.page.links()["Sign in"] == "/login"


def test_an_expired_link_mails_a_new_one_to_the_invited_address(browser, link, travel, app, smtp):
    travel(days=8)
    bo = browser()
    bo.open(link)
    assert bo.status == 410
    assert bo.page.heading == "This link has expired"
    form = bo.page.form("/register/renew")
    bo.send("/register/renew")
    assert (bo.status, bo.page.heading) == (410, "Check your mail")
    assert "A new link is on its way to the address that was invited" in bo.page.words
    assert {form.action for form in bo.page.forms()} <= {"/language"}
    bo.post(form.action, {**form.fields, "once": "of another tab"})
    assert bo.status == 422
    assert "a few minutes ago" in " ".join(bo.page.problems)
    with app.app_context():
        outbox.drain()
    assert [mail.rcpt_to for mail in smtp.messages] == [["bo@example.org"]]


def test_a_superseded_link_says_so(browser, link, app):
    with app.app_context():
        resends.resend(cast.organization(), cast.invitation().id, by=cast.person())
    bo = browser()
    bo.open(link)
    assert (bo.status, bo.page.heading) == (410, "This link has been replaced")
    assert "Email me a new link" in bo.page.form("/register/renew").buttons


def test_a_revoked_link_says_whom_to_ask(browser, link, app):
    with app.app_context():
        invitations.revoke(cast.organization(), cast.invitation().id, by=cast.person())
    bo = browser()
    bo.open(link)
    assert (bo.status, bo.page.heading) == (410, "This invitation was revoked")
    assert "ask Priya Shah for a new invitation" in bo.page.words
    assert {form.action for form in bo.page.forms()} <= {"/language"}


def test_declining_is_a_question_first_and_then_final(browser, link, app):
    bo = browser()
    bo.open(link)
    bo.open(bo.page.links()["Decline the invitation"])
    bo.send("/register/decline", reason="No time\nthis year")
    assert (bo.status, bo.page.heading) == (410, "This invitation was declined")
    priya = browser(cast.PRIYA)
    with app.app_context():
        number = cast.invitation().id
    priya.open(f"/orgs/acme/invitations/{number}")
    assert "No time" in priya.page.words
    assert "bo@example.org declined." in priya.page.words


def test_a_suspended_organizations_link_says_whom_to_ask(browser, link, app):
    with app.app_context():
        organizations.suspend(cast.organization())
    bo = browser()
    bo.open(link)
    assert (bo.status, bo.page.heading) == (410, "This invitation is no longer open")


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "%00", "%ED%B2%80", "x" * 5000])
def test_what_is_no_link_of_ours_is_not_found(browser, token):
    stranger = browser()
    stranger.open(f"/register?token={token}")
    assert (stranger.status, stranger.page.heading) == (404, "This link does not work")


def test_a_link_that_ends_while_the_form_is_filled_in_says_so_and_makes_nothing(browser, link, app):
    bo = browser()
    bo.open(link)
    with app.app_context():
        invitations.revoke(cast.organization(), cast.invitation().id, by=cast.person())
    bo.send("/register", full_name="Bo", password=PASSWORD)
    assert (bo.status, bo.page.heading) == (410, "This invitation was revoked")
    with app.app_context():
        assert people.find("bo@example.org") is None


def test_somebody_signed_in_is_never_joined_silently(browser, link, app):
    chen = browser(cast.CHEN)
    chen.open(link)
    assert cast.CHEN in chen.page.words
    assert "bo@example.org" in chen.page.words
    form = next(form for form in chen.page.forms() if "next" in form.fields)
    chen.post("/register", {"token": token_of(link), "full_name": "x", "password": PASSWORD})
    assert chen.status in (200, 422)
    with app.app_context():
        assert people.find("bo@example.org") is None
    chen.post(form.action, form.fields)
    assert chen.page.heading == "Join Acme"
    chen.send("/register", full_name="Bo", password=PASSWORD)
    assert "Members of Acme" in chen.page.words


def test_an_address_with_an_account_is_asked_for_its_password_alone(browser, app):
    with app.app_context():
        token = cast.mailed_token(cast.invited(cast.EVE))
    eve = browser()
    eve.open(f"/register?token={token}")
    assert set(eve.page.form("/register/join").fields) == {"csrf_token", "token", "password"}
    assert eve.page.links()["I forgot my password"] == "/password/forgot"
    eve.send("/register/join", password="wrong wrong wrong")
    assert eve.status == 422
    eve.send("/register/join", password=cast.PASSWORD)
    assert "Members of Acme" in eve.page.words


def test_who_is_signed_in_as_the_invited_joins_with_one_button(browser, app):
    with app.app_context():
        token = cast.mailed_token(cast.invited(cast.EVE))
    eve = browser(cast.EVE)
    eve.open(f"/register?token={token}")
    eve.send("/register/join")
    assert "Members of Acme" in eve.page.words


def test_an_account_that_came_up_meanwhile_is_asked_for_its_password(browser, link, app):
    bo = browser()
    bo.open(link)
    with app.app_context():
        other = cast.mailed_token(cast.invited(slug="evil"))
        acceptances.accept(other, full_name="Bo", password=PASSWORD)
    bo.send("/register", full_name="Bo", password="another sentence here")
    assert bo.status == 422
    assert "This address already has an account" in " ".join(bo.page.problems)
    bo.send("/register/join", password=PASSWORD)
    assert "Members of Acme" in bo.page.words


def test_a_copied_link_makes_an_account_that_admins_see_as_unverified(browser, app, smtp):
    with app.app_context():
        token = links.token(cast.invited(), links.COPIED)
    bo = browser()
    bo.open(f"/register?token={token}")
    assert bo.page.links()["I forgot my password"] == "/password/forgot"
    bo.send("/register", full_name="Bo Lind", password=PASSWORD)
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members")
    names = [row["Name"] for row in priya.page.rows()]
    assert "Bo Lind Unverified" in names
    marco = browser(cast.MARCO)
    marco.open("/orgs/acme/members")
    assert "Bo Lind" in [row["Name"] for row in marco.page.rows()]


def test_the_confirmation_mail_leads_to_a_password_of_ones_own(browser, app, smtp):
    with app.app_context():
        token = links.token(cast.invited(), links.COPIED)
        acceptances.accept(token, full_name="Not Bo", password="eve knows this one")
        outbox.drain()
    mail = next(m for m in smtp.messages if "Confirm" in m.message["Subject"])
    body = mail.message.get_body(("plain",)).get_content()
    link = next(word for word in body.split() if "/confirm?token=" in word)
    bo = browser()
    bo.open(link)
    assert bo.page.heading == "Confirm that bo@example.org is yours"
    bo.send("/confirm", password="short")
    assert bo.status == 422
    bo.send("/confirm", password=PASSWORD)
    assert "Your address is confirmed" in bo.page.messages
    again = browser()
    again.open(link)
    assert (again.status, again.page.heading) == (404, "This link does not work")
    assert {"Sign in": "/login", "Set a password": "/password/forgot"}.items() <= (
        again.page.links().items()
    )


@pytest.mark.both_databases
def test_twenty_browsers_accepting_one_link_get_one_account_and_nineteen_polite_pages(
    browser, link, app
):
    browsers = [browser(check=False) for _ in range(20)]
    for one in browsers:
        one.open(link)
    start, statuses = threading.Barrier(20), []

    def press(one):
        start.wait()
        answer = one.send("/register", follow=False, full_name="Bo", password=PASSWORD)
        statuses.append(answer.status)

    threads = [threading.Thread(target=press, args=(one,)) for one in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert statuses.count(303) == 1
    assert len(statuses) == 20
    assert set(statuses) <= {303, 410, 422}
    with app.app_context():
        bo = people.find("bo@example.org")
        assert bo is not None
        assert link_status.look(token_of(link)).status == "accepted"


def test_a_stale_form_says_to_press_again_and_keeps_what_was_typed(browser, link):
    bo = browser()
    bo.open(link)
    bo.client.delete_cookie("gatehouse_form")
    bo.send("/register", full_name="Bo Lind", password=PASSWORD)
    assert bo.status == 422
    assert "Press the button again" in " ".join(bo.page.problems)
    assert bo.page.form("/register").fields["full_name"] == "Bo Lind"
    bo.send("/register", password=PASSWORD)
    assert "Members of Acme" in bo.page.words


def test_declining_an_ended_link_says_how_it_stands(browser, link):
    bo, again = browser(), browser()
    for one in (bo, again):
        one.open(f"/register/decline?token={token_of(link)}")
    bo.send("/register/decline")
    again.send("/register/decline")
    assert (again.status, again.page.heading) == (410, "This invitation was declined")


def test_this_isnt_for_me_declines_and_keeps_this_organization_from_writing_again(
    browser, link, app
):
    bo = browser()
    bo.open(f"/register/decline?token={token_of(link)}")
    bo.send("/register/decline", not_for_me="y")
    assert bo.page.heading == "This invitation was declined"
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations/new")
    priya.send("/orgs/acme/invitations", email="BO@example.org")
    assert "mail from this organization is not for them" in " ".join(priya.page.problems)
    eve = browser(cast.EVE)
    eve.open("/orgs/evil/invitations/new")
    eve.send("/orgs/evil/invitations", email="bo@example.org")
    assert eve.status == 200
    with app.app_context():
        names = [e.name for e, _ in events.of_invitation(cast.invitation("bo@example.org"))]
        assert "InvitationReported" not in names
        assert [one.email for one, _ in suppressions.everything()] == ["bo@example.org"]
        suppressions.lift(cast.organization(), "bo@example.org")
    priya.send("/orgs/acme/invitations", email="bo@example.org")
    assert "Invitation sent to bo@example.org" in priya.page.messages


def test_a_copied_link_cannot_keep_anybody_from_being_written_to(browser, app):
    with app.app_context():
        token = links.token(cast.invited(), links.COPIED)
    bo = browser()
    bo.open(f"/register/decline?token={token}")
    assert "not_for_me" not in bo.page.form("/decline").fields
    bo.send("/register/decline", not_for_me="y")
    with app.app_context():
        assert suppressions.everything() == []
