"""The table of invitations as a page: what it says of itself, and the ways on and back."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.page import text
from webapp.domain import invitations
from webapp.domain.invitations import acceptances, bulk_actions, tallies
from webapp.domain.members import organization_setup

LIST = "/orgs/acme/invitations"


@pytest.fixture
def sixty(app):
    """Sixty open invitations, of which three are to people named Tara Quist."""
    with app.app_context():
        for number in range(60):
            name = "Tara Quist" if number % 20 == 0 else None
            cast.invited(f"p{number:02}@example.org", name=name, send=False)


def counted(page):
    """What the live region says."""
    return text(page.root.find(".//*[@id='count']"))


def test_how_many_match_is_said_in_words_and_in_the_title(browser, sixty):
    priya = browser(cast.PRIYA)
    priya.open(LIST)
    assert counted(priya.page) == "63 invitations, newest first"
    assert priya.page.title == "63 invitations – Acme – Gatehouse"
    priya.open(f"{LIST}?q=quist+tara")
    assert counted(priya.page) == "3 of 63 match, newest first"
    assert priya.page.title == "3 of 63 match – Invitations – Acme – Gatehouse"
    assert {"All 3", "Pending 3", "Accepted 0"} <= set(priya.page.links())
    priya.open(f"{LIST}?status=accepted&q=quist")
    assert counted(priya.page) == "No accepted invitation matches “quist”."
    assert {"All 3", "Pending 3", "Accepted 0"} <= set(priya.page.links())
    priya.open(f"{LIST}?status=accepted&q=chen")
    assert counted(priya.page) == "1 of 3 accepted matches, newest first"


def test_too_many_to_count_are_not_counted_one_by_one(browser, sixty, monkeypatch):
    monkeypatch.setattr(tallies, "MANY", 10)
    monkeypatch.setattr(tallies, "WINDOW", 50)
    monkeypatch.setattr(tallies, "SAMPLE", 20)
    priya = browser(cast.PRIYA)
    priya.open(f"{LIST}?q=example.org")
    assert counted(priya.page) == "More than 10 of 63 invitations match, newest first"
    # Of one status they may be fewer.
    priya.open(f"{LIST}?q=example.org&status=pending")
    words = "Matches among 60 pending invitations were not counted"
    assert counted(priya.page) == f"{words}, newest first"
    assert {"All", "Pending", "Accepted"} <= set(priya.page.links())
    assert "1 to 50" in priya.page.words


def test_parameters_that_say_nothing_leave_the_address(browser, sixty):
    priya = browser(cast.PRIYA)
    priya.open(f"{LIST}?status=pending&q=p01&delivery=&inviter=")
    assert priya.at.response.request.full_path == f"{LIST}?status=pending&q=p01"
    priya.open(f"{LIST}?q=")
    assert priya.at.response.request.full_path == f"{LIST}?"


def test_each_page_says_where_it_is_and_its_buttons_stay_in_place(browser, sixty):
    priya = browser(cast.PRIYA)
    priya.open(f"{LIST}?status=pending")
    names = ["First", "Previous", "Next", "Last"]

    def seen():
        pages = priya.page.root.find(".//nav[@class='pages']")
        assert [text(a) for a in pages.iter("a")] == names
        return text(pages.find("p")), [text(a) for a in pages.iter("a") if a.get("href")]

    assert seen() == ("1 to 50 of 60", ["Next", "Last"])
    priya.open(priya.page.links()["Next"])
    assert seen() == ("51 to 60 of 60", ["First", "Previous"])
    priya.open(priya.page.links()["Previous"])
    assert seen() == ("1 to 50 of 60", ["Next", "Last"])
    priya.open(priya.page.links()["Last"])
    assert seen() == ("11 to 60 of 60", ["First", "Previous"])
    priya.open(priya.page.links()["Previous"])
    assert seen() == ("1 to 10 of 60", ["Next", "Last"])


@pytest.mark.parametrize("action", ["edit", "revoke"])
def test_without_javascript_an_action_leads_back_to_the_row_in_the_same_list(
    browser, sixty, app, action
):
    here = f"{LIST}?status=pending&q=p01"
    with app.app_context():
        number = cast.invitation("p01@example.org").id
    priya = browser(cast.PRIYA)
    priya.open(f"{LIST}/{number}/{action}", headers={"Referer": f"http://localhost{here}"})
    assert priya.page.links()["Cancel" if action == "edit" else "Keep it"] == here
    answer = priya.send(f"/{number}/{action}", follow=False)
    assert answer.location == f"{here}#row-{number}"


@pytest.mark.parametrize("action", ["edit", "revoke"])
def test_a_dialog_leads_back_to_the_list_that_it_was_opened_over(browser, sixty, app, action):
    here = f"{LIST}?status=pending&q=p01"
    with app.app_context():
        number = cast.invitation("p01@example.org").id
    priya = browser(cast.PRIYA)
    headers = {"HX-Request": "true", "HX-Target": "dialog#dialog"}
    headers["HX-Current-URL"] = f"http://localhost{here}"
    answer = priya.open(f"{LIST}/{number}/{action}", headers=headers)
    assert answer.page.form(f"/{number}/{action}").fields["back"] == here
    # A page that is not the list is not where the answer's rows belong.
    headers["HX-Current-URL"] = "http://localhost/orgs/acme/members?q=x"
    answer = priya.open(f"{LIST}/{number}/{action}", headers=headers)
    assert answer.page.form(f"/{number}/{action}").fields["back"] == LIST


def test_the_address_alone_heads_its_row_and_the_box_has_a_column(browser, sixty):
    priya = browser(cast.PRIYA)
    priya.open(f"{LIST}?q=p01")
    head = priya.page.root.find(".//tbody/tr/th")
    assert [child.tag for child in head] == ["a"]
    assert text(head) == "p01@example.org"
    box = priya.page.root.find(".//tbody/tr/td/input")
    assert box.get("aria-label") == "Select p01@example.org"


def test_where_nothing_can_be_selected_no_bar_speaks_of_it(browser):
    priya = browser(cast.PRIYA)
    priya.open(f"{LIST}?status=accepted")
    assert len(priya.page.rows()) == 3
    assert priya.page.root.find(".//form[@id='selected']") is None
    assert priya.page.root.find(".//*[@class='select']") is None


def test_all_that_match_are_selected_by_the_same_filters(browser, sixty, app):
    with app.app_context():
        revoked = cast.invitation("p20@example.org").id
        invitations.revoke(cast.organization(), revoked, by=cast.person())
    priya = browser(cast.PRIYA)
    priya.open(f"{LIST}?status=pending")
    assert "Select all 59 that match" in priya.page.words
    priya.open(f"{LIST}/selected?do=revoke&all=1&q=quist")
    assert priya.page.heading == "Revoke 2 invitations?"
    for name, is_there in (("p00", True), ("p20", False), ("p40", True), ("p41", False)):
        assert (f"{name}@example.org" in priya.page.words) is is_there
    priya.open(f"{LIST}/selected?do=revoke&all=1&status=accepted")
    assert "You have not selected an invitation that can be revoked." in priya.page.words


def test_more_than_can_be_done_at_once_is_said_and_the_rest_comes_next(
    browser, sixty, app, monkeypatch, travel
):
    monkeypatch.setattr(bulk_actions, "MOST", 25)
    priya = browser(cast.PRIYA)
    done = set()
    for number in (25, 25, 25):
        travel(minutes=2)
        priya.open(f"{LIST}/selected?do=resend&all=1&status=pending")
        assert priya.page.heading == f"Resend {number} invitations?"
        assert "You can resend 25 at a time. These are the first 25 of 60" in priya.page.words
        ids = [e.get("value") for e in priya.page.root.iter("input") if e.get("name") == "id"]
        done |= set(ids)
        priya.post(f"{LIST}/selected", {**priya.page.form("/selected").fields, "id": ids})
        assert "25 invitations were resent." in priya.page.messages
    assert len(done) == 60


def test_an_admin_who_is_alone_is_told_how_to_begin(browser, app):
    with app.app_context():
        made = organization_setup.found("new", "New", "nina@new.example")
        acceptances.accept(cast.mailed_token(made), full_name="Nina", password=cast.PASSWORD)
    nina = browser("nina@new.example")
    nina.open("/orgs/new/invitations")
    assert "You have not invited anyone yet." in nina.page.words
    assert nina.page.links()["Invite the first person"] == "/orgs/new/invitations/new"
    assert [row["Email"] for row in nina.page.rows()] == ["nina@new.example"]
    nina.open("/orgs/new/invitations/new")
    nina.send("/orgs/new/invitations", email="bo@example.org")
    assert "You have not invited anyone yet." not in nina.page.words
    assert "All 2" in nina.page.links()


def test_an_ended_row_offers_to_invite_again_or_says_why_not(browser, app):
    with app.app_context():
        revoked, reported = cast.invited("ann@example.org"), cast.invited("cy@example.org")
        invitations.revoke(cast.organization(), revoked.id, by=cast.person())
        acceptances.decline(cast.mailed_token(reported), not_for_me=True)
        number = revoked.id
    priya = browser(cast.PRIYA)
    priya.open(LIST)
    actions = {row["Email"]: row["Actions"] for row in priya.page.rows()}
    assert actions["ann@example.org"] == "Invite again: ann@example.org"
    assert actions["cy@example.org"] == "Said it is not for them"
    assert priya.page.links()["Invite again: ann@example.org"] == f"{LIST}/new?again={number}"
    marco = browser(cast.MARCO)
    marco.open(LIST)
    assert {row["Actions"] for row in marco.page.rows()} == {""}
