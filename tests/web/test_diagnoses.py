"""An invitation's page says why there is no answer, and offers what to do."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.page import classes, text
from webapp.domain import invitations, outbox
from webapp.domain.invitations import link_status


@pytest.fixture
def refused(app, smtp):
    """Bo's mail was refused by the mail server."""
    smtp.script["RCPT TO:<bo@example.org>"] = ["550 5.1.1 There is no Bo here"]
    with app.app_context():
        made = cast.invited()
        outbox.drain()
        return f"/orgs/acme/invitations/{made.id}"


def test_an_admin_is_offered_the_next_step_and_a_manager_is_told(browser, refused):
    priya = browser(cast.PRIYA)
    priya.open(refused)
    assert "Why is there no answer yet?" in priya.page.words
    assert "The mail could not be sent." in priya.page.words
    assert "Invitation Failed just now – The mail server said: 550 5.1.1" in priya.page.words
    links = priya.page.links()
    assert links["Fix the address"] == f"{refused}/address"
    assert links["Copy link"] == f"{refused}/link"
    marco = browser(cast.MARCO)
    marco.open(refused)
    assert "Why is there no answer yet?" in marco.page.words
    assert "Fix the address" not in marco.page.links()


def test_the_mail_is_sent_once_more_from_there(app, browser, smtp, refused):
    priya = browser(cast.PRIYA)
    priya.open(refused)
    (action,) = {form.action for form in priya.page.forms() if form.action.endswith("/retry")}
    priya.send(action)
    with app.app_context():
        outbox.drain()
    assert smtp.messages[-1].rcpt_to == ["bo@example.org"]
    priya.open(refused)
    assert "nobody has opened the link" in priya.page.words


def test_what_was_refused_at_the_form_stands_on_the_page_and_nothing_that_was_typed(
    app, browser, smtp
):
    with app.app_context():
        made = cast.invited()
        outbox.drain()
        token = cast.mailed_token(made)
    bo = browser()
    bo.open(f"/register?token={token}")
    bo.send("/register", full_name="Bo Typed This", password="short")
    assert bo.status == 422
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{made.id}")
    assert "tried to join once: the password or code was refused" in priya.page.words
    assert "Bo Typed This" not in priya.page.words


def test_an_ended_invitation_is_not_stuck(app, browser):
    with app.app_context():
        joined = cast.invitation(cast.MARCO).id
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{joined}")
    assert "Why is there no answer yet?" not in priya.page.words


def test_the_first_thing_to_do_comes_first_and_every_action_is_offered_once(browser, refused):
    priya = browser(cast.PRIYA)
    priya.open(refused)
    (card,) = [e for e in priya.page.root.iter("section") if e.get("class") == "card standing"]
    offered = [text(e) for e in card.iter() if e.tag in ("a", "button")]
    assert offered == [
        "Fix the address",
        "Try again to send this mail",
        "Copy link",
        "Resend the invitation",
        "Edit",
        "Revoke",
    ]
    (primary,) = [e for e in priya.page.root.iter() if "primary" in classes(e)]
    assert text(primary) == "Fix the address"


def test_there_is_one_story_in_one_order(app, browser, refused):
    with app.app_context():
        link_status.note_opened(cast.mailed_token(cast.invitation()))
    priya = browser(cast.PRIYA)
    priya.open(refused)
    (story,) = [e for e in priya.page.root.iter("ol") if e.get("class") == "timeline"]
    first_words = [text(entry).partition(".")[0] for entry in story]
    assert [words.partition(" just now")[0] for words in first_words] == [
        "The link for bo@example",
        "Invitation Failed",
        "Priya Shah invited bo@example",
    ]


def test_a_mail_that_was_held_back_says_why(app, browser, smtp):
    with app.app_context():
        made = cast.invited()
        invitations.revoke(cast.organization(), made.id, by=cast.person())
        outbox.drain()
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{made.id}")
    assert "Not sent: The invitation was revoked before it was sent." in priya.page.words
    assert "Suppressed" not in priya.page.words
