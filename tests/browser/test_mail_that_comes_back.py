"""What people see of mail that is not wanted, or has come back."""

from __future__ import annotations

import pytest

from tests import cast
from tests.browser.visitor import both_ways
from webapp.db import db
from webapp.domain import outbox
from webapp.domain.deliverability import unsubscribes
from webapp.domain.outbox import bounces
from webapp.domain.outbox.bounces import Reference
from webapp.domain.outbox.delivery_reports import Recipient
from webapp.models import Delivery

BO = "bo@example.org"
WORDS = "550 5.1.1 <bo@example.org>: Recipient address rejected: User unknown"


@pytest.fixture
def unsubscribe_link(app, bo_is_invited) -> str:
    """The link in the headers of Bo's mail."""
    with app.app_context():
        outbox.drain()
        return unsubscribes.address(cast.invitation())


@both_ways
def test_unsubscribing_is_a_question_first_and_then_admins_see_it(visitor, unsubscribe_link):
    bo = visitor()
    bo.open(unsubscribe_link)
    bo.sees_heading("Unsubscribe from Acme?")
    bo.checked()
    bo.press("Unsubscribe")
    bo.sees_heading("You are unsubscribed")
    bo.checked()
    bo.open(unsubscribe_link)
    bo.sees_heading("You are unsubscribed")
    priya = visitor(cast.PRIYA)
    priya.sees_in_row(BO, "Pending", "Unsubscribed")
    priya.checked()
    priya.press(BO)
    priya.reads("has unsubscribed from this organization’s mail")
    priya.checked()
    priya.press("Resend the invitation")
    priya.reads("has unsubscribed from this organization’s mail")
    priya.checked()


@both_ways
def test_a_mail_that_came_back_says_why_and_what_to_do(visitor, app, unsubscribe_link):
    with app.app_context():
        sent = db.session.query(Delivery).filter_by(recipient=BO).one()
        bounces.bounce(Reference((sent.message_id,)), [Recipient((BO,), True, WORDS)])
    priya = visitor(cast.PRIYA)
    priya.sees_in_row(BO, "Pending", "Bounced")
    priya.press(BO)
    priya.reads(f"The mail server said: {WORDS}")
    priya.reads("If the address has a mistake, fix it or invite the right one.")
    priya.reads("The link still works")
    priya.checked()
