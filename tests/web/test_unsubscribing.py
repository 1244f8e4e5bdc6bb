"""A mail's own unsubscribe link (RFC 8058): a page for people, one click for mail programs."""

from __future__ import annotations

import re

import pytest

from tests import cast
from webapp.db import db
from webapp.domain import events, invitations, outbox
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import Refusal
from webapp.domain.invitations import renewal_requests, resends
from webapp.models import Delivery, Event, Suppression

PASSWORD = "seven bars and a half"
BO = "bo@example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def settings(settings):
    return {**settings, "PUBLIC_URL": "https://gatehouse.test"}


@pytest.fixture
def link(app, smtp, secrets):
    """The link in the headers of the mail to Bo, as a path."""
    with app.app_context():
        cast.invited()
        outbox.drain()
    header = smtp.messages[-1].message["List-Unsubscribe"]
    found = re.fullmatch(r"<https://gatehouse\.test(/unsubscribe\?token=[\w.-]+)>", header)
    assert found
    secrets.learn_links(found[1])
    return found[1]


def counts(app):
    with app.app_context():
        return [db.session.query(kind).count() for kind in (Event, Suppression)]


def state(app):
    with app.app_context():
        names = [event.name for event, _ in events.of_invitation(cast.invitation())]
        listed = [(one.email, one.reason) for one, _ in suppressions.everything()]
        return cast.invitation().state, names.count("InvitationUnsubscribed"), listed


UNSUBSCRIBED = ("pending", 1, [(BO, "unsubscribed")])


@pytest.mark.parametrize("kind", ["invitation", "resend", "renewal"])
def test_every_invitation_mail_has_the_link_and_says_that_one_click_is_enough(
    kind, link, app, smtp, travel
):
    with app.app_context():
        if kind == "resend":
            resends.resend(cast.organization(), cast.invitation().id, by=cast.person())
        if kind == "renewal":
            travel(days=8)
            renewal_requests.renew(cast.mailed_token(cast.invitation()))
        outbox.drain()
        assert smtp.messages[-1].message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_opening_the_link_changes_nothing_and_pressing_the_button_ends_the_mail(
    browser, app, link, secrets
):
    bo = browser()
    before = counts(app)
    for _ in range(2):
        bo.open(link)
        assert bo.page.heading == "Unsubscribe from Acme?"
        assert BO in bo.page.words
    bo.client.head(link)
    assert counts(app) == before
    bo.send("/unsubscribe")
    assert bo.page.heading == "You are unsubscribed"
    assert {form.action for form in bo.page.forms()} <= {"/language"}
    assert state(app) == UNSUBSCRIBED


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_mail_program_posts_once_without_cookies_or_token_and_hears_no_redirect(
    browser, app, link, kind
):
    program = browser()
    for _ in range(2):
        answer = program.post(link, ONE_CLICK, follow=False, content_type=kind)
        assert answer.status == 200
    assert state(app) == UNSUBSCRIBED


def test_fetch_metadata_does_not_stand_in_the_way_of_a_mail_program_in_a_browser(
    browser, app, link
):
    answer = browser().post(link, ONE_CLICK, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 200
    assert state(app) == UNSUBSCRIBED


@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "no"}, {"x": "One-Click"}])
def test_a_post_with_neither_the_standards_words_nor_a_form_does_nothing(browser, app, link, body):
    before = counts(app)
    somebody = browser()
    somebody.post(link, body)
    assert (somebody.status, somebody.page.heading) == (422, "Unsubscribe from Acme?")
    assert counts(app) == before


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "%00", "x" * 5000])
def test_a_forged_link_is_the_same_page_as_any_other_that_is_none_of_ours(browser, app, token):
    stranger = browser()
    before = counts(app)
    for answer in (
        stranger.open(f"/unsubscribe?token={token}"),
        stranger.post(f"/unsubscribe?token={token}", ONE_CLICK),
    ):
        assert (answer.status, answer.page.heading) == (404, "This unsubscribe link does not work")
    assert counts(app) == before


def test_an_invitations_link_unsubscribes_nobody_and_an_unsubscribe_link_opens_nothing(
    browser, app, link
):
    with app.app_context():
        token = cast.mailed_token(cast.invitation())
    somebody = browser()
    somebody.post(f"/unsubscribe?token={token}", ONE_CLICK)
    assert somebody.status == 404
    somebody.open(link.replace("/unsubscribe", "/register"))
    assert somebody.status == 404


def test_the_invitation_stays_open_and_no_further_mail_goes(browser, app, link, smtp):
    with app.app_context():
        resends.resend(cast.organization(), cast.invitation().id, by=cast.person())
        token = cast.mailed_token(cast.invitation())
    browser().post(link, ONE_CLICK)
    with app.app_context():
        outbox.drain()
        assert [d.state for d in db.session.query(Delivery).filter_by(recipient=BO)] == [
            "sent",
            "suppressed",
        ]
        with pytest.raises(Refusal, match="unsubscribed"):
            invitations.create(
                cast.organization(), by=cast.person(), email="BO@example.org", role="manager"
            )
    assert len(smtp.messages) == 1
    bo = browser()
    bo.open(f"/register?token={token}")
    bo.send("/register", full_name="Bo Lind", password=PASSWORD)
    assert "Members of Acme" in bo.page.words


def test_an_old_links_page_mails_no_new_one_and_says_whom_to_ask(browser, app, link, travel, smtp):
    with app.app_context():
        token = cast.mailed_token(cast.invitation())
    travel(days=8)
    bo = browser()
    bo.open(f"/register?token={token}")
    browser().post(link, ONE_CLICK)  # while bo looks at the form
    bo.send("/register/renew")
    assert (bo.status, len(smtp.messages)) == (422, 1)
    assert "Acme no longer sends mail to bo@example.org." in " ".join(bo.page.problems)
    bo.open(f"/register?token={token}")
    assert "/register/renew" not in [form.action for form in bo.page.forms()]
    assert "Acme no longer sends mail to this address" in bo.page.words
    assert len(smtp.messages) == 1


def test_another_organization_can_still_invite_the_address(browser, app, link):
    browser().post(link, ONE_CLICK)
    with app.app_context():
        assert cast.invited(BO, slug="evil").delivery_state == "queued"


def test_admins_see_it_in_the_table_and_on_the_invitations_page(browser, app, link):
    browser().post(link, ONE_CLICK)
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations")
    assert priya.page.rows()[0]["Delivery"] == "Unsubscribed"
    with app.app_context():
        number = cast.invitation().id
    priya.open(f"/orgs/acme/invitations/{number}")
    assert "has unsubscribed from this organization’s mail" in priya.page.words
    assert "you can pass it on in another way" in priya.page.words
    assert "asked not to be mailed again" in priya.page.words


def test_a_link_is_good_for_ever_and_also_after_the_invitation_ended(browser, app, link, travel):
    with app.app_context():
        invitations.revoke(cast.organization(), cast.invitation().id, by=cast.person())
    travel(days=400)
    assert browser().post(link, ONE_CLICK).status == 200
    assert state(app)[2] == [(BO, "unsubscribed")]


def test_mails_about_proved_accounts_have_no_such_link(app, browser, smtp, travel):
    somebody = browser()
    somebody.open("/password/forgot")
    somebody.send("/password/forgot", email=cast.PRIYA)
    travel(seconds=11)
    with app.app_context():
        outbox.drain()
    assert smtp.messages[-1].rcpt_to == [cast.PRIYA]
    assert "List-Unsubscribe" not in smtp.messages[-1].message
