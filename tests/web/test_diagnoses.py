"""An invitation's page says why there is no answer, and offers what to do."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.domain import outbox


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
    assert "No mail server took it" in priya.page.words
    links = priya.page.links()
    assert links["Put the address right"] == f"{refused}/address"
    assert links["Hand the link over"] == f"{refused}/link"
    marco = browser(cast.MARCO)
    marco.open(refused)
    assert "Why is there no answer yet?" in marco.page.words
    assert "Put the address right" not in marco.page.links()


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
    assert "was not taken (once)" in priya.page.words
    assert "Bo Typed This" not in priya.page.words


def test_an_ended_invitation_is_not_stuck(app, browser):
    with app.app_context():
        joined = cast.invitation(cast.MARCO).id
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{joined}")
    assert "Why is there no answer yet?" not in priya.page.words
