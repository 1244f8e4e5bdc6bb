"""Mail that a receiving side refuses for a fault of ours: one alarm, and nobody shut out."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.db import db
from webapp.domain import outbox
from webapp.domain.deliverability import refusals, suppressions
from webapp.domain.operations import checks, doctor
from webapp.domain.outbox import bounces, return_paths
from webapp.domain.outbox.bounces import BounceOutcome, Reference
from webapp.domain.outbox.delivery_reports import Recipient
from webapp.models import Delivery

HEALTH = "/orgs/acme/settings/email/health"
PTR = "550-5.7.25 [192.0.2.7] The IP address sending this message does not have a PTR record"
BLOCKED = "554 5.7.1 Client host [192.0.2.7] blocked using bl.blocklist.example"
GOOGLE = "gmail-smtp-in.l.google.com"


@pytest.fixture
def settings(settings):
    return {**settings, "BOUNCE_ADDRESS": "bounces@acme.example"}


@pytest.fixture
def returned(app):
    """Invites somebody, whose mail is sent and comes back with these words."""

    def returned(email, words, *, host="", slug="acme", status="5.0.0"):
        with app.app_context():
            invitation = cast.invited(email, slug=slug)
            outbox.drain()
            mail = db.session.query(Delivery).filter_by(recipient=email).one()
            recipient = Recipient((email,), True, words, status, host)
            bounces.bounce(Reference((mail.message_id,)), [recipient])
            return invitation.id

    with app.app_context():
        outbox.drain()
    return returned


@pytest.fixture
def answered(app, smtp):
    """Invites Bo, while our own mail server gives this answer to a command."""

    def answered(command, answer):
        smtp.script[command] = [answer]
        with app.app_context():
            number = cast.invited("bo@example.org").id
            outbox.drain()
        return number

    return answered


def mail_part(app):
    with app.app_context():
        return next(part for part in checks.parts() if part.name == "mail")


def test_the_same_refusal_of_many_mails_is_one_alarm_for_the_operator(app, returned):
    for number in range(3):
        returned(f"p{number}@gmail.example", PTR, host=GOOGLE)
    returned("bo@example.org", BLOCKED)
    part = mail_part(app)
    assert part.word == "refused"
    assert part.sentence.startswith("Gmail refuses our mail: 5.7.25, no PTR record; 3 mails since ")
    assert "PTR record with its host name" in part.sentence
    assert part.sentence.endswith("Refusals of other kinds or by others: 1; see mail health.")
    assert doctor.is_wrong(part)
    with app.app_context():
        assert suppressions.everything() == []


RELAY = "554 5.7.1 <bo@example.org>: Relay access denied"
REFUSED_AT_ONCE = [
    ("MAIL FROM", PTR.replace("550-", "550 "), "5.7.25, no PTR record"),
    ("RCPT TO:<bo@example.org>", PTR.replace("550-", "550 "), "5.7.25, no PTR record"),
    ("RCPT TO:<bo@example.org>", RELAY, "5.7.1, relaying is denied"),
    ("DATA", BLOCKED, "5.7.1, our mail server is on a block list"),
    (".", "550 5.7.26 This mail has been blocked: DKIM = did not pass", "5.7.26, "),
]


@pytest.mark.parametrize(("command", "answer", "told"), REFUSED_AT_ONCE)
def test_what_our_own_mail_server_refuses_at_once_is_told_in_the_same_way(
    app, answered, browser, command, answer, told
):
    number = answered(command, answer)
    part = mail_part(app)
    assert part.sentence.startswith(f"127.0.0.1 refuses our mail: {told}")
    priya = browser(cast.PRIYA)
    priya.open(HEALTH)
    assert f"127.0.0.1 refuses our mail: {told}" in priya.page.words
    priya.open(f"/orgs/acme/invitations/{number}")
    waits = "The mail server refuses our mail (no PTR record)." in priya.page.words
    assert waits or "refuses mail from this installation" in priya.page.words
    assert waits == (command == "MAIL FROM")
    assert "Fix the address if" not in priya.page.words


def test_a_refused_sender_is_no_alarm_any_more_once_the_mail_is_taken(app, smtp, travel):
    smtp.script["MAIL FROM"] = [PTR.replace("550-", "550 ")]
    with app.app_context():
        cast.invited("bo@example.org")
        outbox.drain()
        assert [found.receiver for found in refusals.lately()] == ["127.0.0.1"]
        travel(hours=1)
        outbox.drain()
        assert [message.rcpt_to for message in smtp.messages] == [["bo@example.org"]]
        assert refusals.lately() == []


def test_a_mailbox_that_our_own_mail_server_says_is_full_is_no_wrong_address(
    app, answered, browser
):
    number = answered("RCPT TO:<bo@example.org>", "552 5.2.2 The mailbox is over its quota")
    assert mail_part(app).word == "ok"
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{number}")
    assert "the mailbox is full" in priya.page.words
    assert "Fix the address if" not in priya.page.words


@pytest.mark.parametrize("answer", ["550 5.1.1 There is no Bo here", "550 no"])
def test_an_address_that_our_own_mail_server_refuses_may_be_wrong(app, answered, browser, answer):
    number = answered("RCPT TO:<bo@example.org>", answer)
    assert mail_part(app).word == "ok"
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{number}")
    assert "Fix the address if it is wrong." in priya.page.words


def test_an_alarm_ends_a_day_after_the_last_refusal(app, returned, travel):
    returned("bo@example.org", BLOCKED)
    assert mail_part(app).word == "refused"
    travel(hours=25)
    with app.app_context():
        assert refusals.lately() == []


@pytest.mark.parametrize(
    ("words", "status"),
    [("550 5.1.1 user unknown", "5.1.1"), ("552 5.2.2 full", "5.2.2"), ("timed out", "4.4.1")],
)
def test_what_is_not_our_fault_raises_no_alarm(app, returned, words, status):
    returned("bo@example.org", words, status=status)
    assert mail_part(app).word == "ok"


@pytest.mark.both_databases
def test_mail_health_says_who_refuses_our_mail_and_what_to_do(returned, browser):
    returned("bo@example.org", BLOCKED)
    returned("eve@secret.example", BLOCKED, slug="evil")
    priya = browser(cast.PRIYA)
    priya.open(HEALTH)
    assert (
        "example.org refuses our mail: 5.7.1, our mail server is on a block list; 1 mail since "
        in priya.page.words
    )
    assert "ask to be removed" in priya.page.words
    assert "secret.example" not in priya.page.words


PAGES = [
    (PTR, "5.7.25", "refuses mail from this installation (no PTR record)", True),
    ("552 5.2.2 mailbox full", "5.2.2", "the mailbox is full", True),
    ("550 5.2.1 account disabled", "5.2.1", "is not accepting mail", True),
    ("552 5.2.3 message too large", "5.2.3", "it was too big for the mailbox", True),
    ("550 5.7.133 sender not authenticated", "5.7.133", "only from certain senders", True),
    ("connect to mx: timed out", "4.4.1", "kept trying, and gave up", True),
    ("lookup responded with NXDOMAIN", "4.0.0", "could not find the domain", True),
    ("550 refused", "5.0.0", "did not say clearly why", True),
    ("550 5.1.1 user unknown", "5.1.1", "If the address has a mistake, fix it", False),
]


@pytest.mark.parametrize(("words", "status", "told", "is_open"), PAGES)
def test_the_invitations_page_says_the_truth_and_offers_to_try_again(
    returned, browser, words, status, told, is_open
):
    number = returned("bo@example.org", words, status=status)
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{number}")
    assert told in priya.page.words
    assert words in priya.page.words
    if is_open:
        assert "If the address has a mistake" not in priya.page.words
        priya.send("/retry")
        assert "about to be sent" in priya.page.words or "Queued" in priya.page.words
    else:
        assert "Try again" not in priya.page.words


def test_a_lifted_address_whose_mail_came_back_can_be_tried_again(app, returned, browser):
    number = returned("bo@example.org", "550 5.1.1 user unknown", status="5.1.1")
    with app.app_context():
        suppressions.lift(cast.organization(), "bo@example.org")
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{number}")
    assert "this address cannot receive it" in priya.page.words
    priya.send("/retry")
    assert "Queued" in priya.page.words


def test_something_that_nobody_understands_is_shown_and_changes_no_state(app, browser):
    with app.app_context():
        outbox.drain()
        cast.invited()
        outbox.drain()
        mail = db.session.query(Delivery).filter_by(recipient="bo@example.org").one()
        letter = f"From: x@odd.example\nTo: {return_paths.of(mail.id)}\n\nWhat is this?\n"
        assert bounces.take(letter.encode()) is BounceOutcome.UNREAD
        number = cast.invitation().id
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{number}")
    assert "and Gatehouse does not understand it" in priya.page.words
    assert "that Gatehouse does not understand" in priya.page.words
    assert "Sent" in priya.page.words
