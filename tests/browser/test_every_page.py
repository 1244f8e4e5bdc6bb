"""Every page there is, with the longest words it can hold, in every state that it can be in."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.browser.inspection import OVERFLOW
from tests.browser.visitor import both_ways
from tests.support import every_page
from tests.support.every_page import ELSEWHERE, NOT_PAGES, PAGES
from webapp.domain import invitations, outbox
from webapp.web import access
from webapp.web.language import COOKIE

PARTS = 6  # of the pages, so that several processes share them


@pytest.fixture
def far(app, site):
    with app.app_context():
        return every_page.far()


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_holds_long_words_and_can_be_used_by_everybody(visitor, far, part, subtests):
    """With scripts, and then without: what axe has seen already it need not look at again."""
    people = {}
    for view in list(PAGES)[part::PARTS]:
        who, address, heading = PAGES[view]
        for javascript in (True, False):
            with subtests.test(view, javascript=javascript):
                if (who, javascript) not in people:
                    people[who, javascript] = visitor(who, at="", javascript=javascript)
                somebody = people[who, javascript]
                somebody.open(address.format_map(far))
                assert somebody.status == 200
                somebody.sees_heading(heading)
                somebody.checked()


@pytest.mark.parametrize("language", ["de", "ar"])
def test_every_page_fits_and_can_be_used_in_every_language(
    visitor, far, language, subtests, travel
):
    """Words are longer or run the other way; states and colors were looked at in English."""
    travel(minutes=52)  # which takes the most room to say
    people = {}
    for view, (who, address, _heading) in PAGES.items():
        if who not in people:
            people[who] = visitor(who, at="")
            cookie = {"name": COOKIE, "value": language, "url": people[who].site}
            people[who].context.add_cookies([cookie])
        somebody = people[who]
        with subtests.test(view):
            somebody.open(address.format_map(far))
            for width in (320, 768, 1280):
                somebody.page.set_viewport_size({"width": width, "height": 800})
                assert somebody.page.evaluate(OVERFLOW) == [], f"{view}, {width}"
            assert somebody.inspector.faults_but_of_color() == []


def test_no_page_is_left_out(app):
    views = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert views <= set(access.ACCESS)
    assert views - NOT_PAGES - set(ELSEWHERE) == set(PAGES)


@both_ways
@pytest.mark.parametrize(
    ("who", "address", "status", "heading"),
    [
        (cast.PRIYA, "/orgs/acme/nothing", 404, "There is nothing here"),
        (None, "/nothing", 404, "There is nothing here"),
        (cast.EVE, "/orgs/acme/members", 404, "There is nothing here"),
        (cast.CHEN, "/orgs/acme/invitations", 403, "You do not have permission to do this"),
        (None, "/confirm?token=nothing", 404, "This link does not work"),
    ],
)
def test_a_refusal_is_a_page_that_leads_on(visitor, who, address, status, heading):
    somebody = visitor(who, at=address)
    assert somebody.status == status
    somebody.sees_heading(heading)
    somebody.checked()


@both_ways
def test_a_mail_that_the_server_refused_is_told_with_its_words_and_tried_again(
    visitor, app, smtp, bo_is_invited
):
    smtp.script["RCPT TO:<bo@example.org>"] = ["550 5.1.1 There is no Bo here"]
    with app.app_context():
        outbox.drain()
    priya = visitor(cast.PRIYA)
    priya.sees_in_row("bo@example.org", "Failed")
    priya.checked()
    priya.press("bo@example.org")
    priya.reads("There is no Bo here")
    priya.checked()
    priya.press("Try again to send this mail")
    priya.is_told("The mail will be tried again now.")
    with app.app_context():
        outbox.drain()
    priya.page.reload()
    priya.reads("Sent")


class TestAMailServerThatRefusesOurSignIn:
    """All mail waits, and the admins see why."""

    @pytest.fixture
    def settings(self, settings, smtp):
        smtp.accounts["gatehouse"] = "another password"
        return {**settings, "MAIL_USERNAME": "gatehouse", "MAIL_PASSWORD": "the wrong password"}

    @both_ways
    def test_is_told_on_the_page(self, visitor, app, bo_is_invited):
        with app.app_context():
            outbox.drain()
        priya = visitor(cast.PRIYA)
        priya.reads("the mail server refuses our sign-in")
        priya.checked()


@both_ways
def test_a_long_table_has_pages(visitor, app, site):
    with app.app_context():
        for number in range(60):
            cast.invited(f"guest{number}@example.org", send=False)
    priya = visitor(cast.PRIYA)
    priya.sees_in_row("guest59@example.org", "Not mailed")
    priya.checked()
    priya.press("Next")
    priya.sees_in_row("guest0@example.org", "Pending")
    priya.press("First")
    priya.sees_in_row("guest59@example.org", "Pending")


@both_ways
def test_a_manager_reads_the_table_and_changes_nothing(visitor, bo_is_invited):
    marco = visitor(cast.MARCO)
    marco.sees_in_row("bo@example.org", "Pending")
    expect(marco.button("Invite people")).to_have_count(0)
    expect(marco.row("bo@example.org").get_by_role("button")).to_have_count(0)
    marco.checked()
    marco.press("bo@example.org")
    marco.reads("History")
    expect(marco.place.get_by_role("button")).to_have_count(0)
    marco.checked()


@both_ways
def test_an_ended_invitation_has_no_link_to_copy(visitor, app, site):
    with app.app_context():
        ended = cast.invited()
        invitations.revoke(cast.organization(), ended.id, by=cast.person())
    priya = visitor(cast.PRIYA, at=f"/orgs/acme/invitations/{ended.id}/link")
    priya.reads("This invitation has no working link.")
    priya.checked()


class TestTheStyleGuideOfADevelopmentSystem:
    """Every component in every state, on one page."""

    @pytest.fixture
    def settings(self, settings):
        return {**settings, "GATEHOUSE_ENV": "development"}

    def test_holds_to_what_all_pages_hold_to(self, visitor):
        somebody = visitor()
        somebody.open("/styleguide")
        expect(somebody.page.get_by_role("heading", name="Style guide")).to_be_visible()
        somebody.checked()


class TestTheMailboxOfADevelopmentSystem:
    """Mails are read in the browser, and their links lead on."""

    @pytest.fixture
    def settings(self, settings, monkeypatch, tmp_path: Path):
        monkeypatch.setattr("webapp.web.mailbox.FOLDER", tmp_path / "mailbox")
        (tmp_path / "mailbox").mkdir()
        return {**settings, "GATEHOUSE_ENV": "development"}

    @both_ways
    def test_leads_from_the_mail_to_the_registration(
        self, visitor, smtp, mailed_link, bo_is_invited, tmp_path: Path
    ):
        bo = visitor()
        bo.open("/mailbox")
        bo.reads("No mail yet.")
        bo.checked()
        link = mailed_link()
        (tmp_path / "mailbox" / "1.mail").write_bytes(smtp.messages[-1].data)
        bo.page.reload()
        bo.checked()
        bo.press("Priya Shah invites you to join Acme")
        bo.checked()
        bo.page.get_by_role("link", name=link).click()
        bo.sees_heading("Join Acme")
