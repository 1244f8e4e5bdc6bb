"""What a mail server says to a mail, from its first word to the invitation's own page."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.smtp import DROP, SILENCE, ScriptedSMTP, self_signed
from webapp.db import db
from webapp.domain import outbox
from webapp.domain.invitations import resends
from webapp.models import DeliveryAttempt

REFUSED, LATER, PERHAPS = "Failed", "Queued", "Unknown"
ONCE = "bo@example.org"

# What the server does, the state that it ends in, and what an admin reads.
TROUBLE = [
    ({"GREETING": "421 4.3.2 too busy"}, LATER, "421 4.3.2 too busy"),
    ({"MAIL FROM": "421 4.7.0 enough for now"}, LATER, "421 4.7.0 enough for now"),
    ({"DATA": "421 4.3.0 going down"}, LATER, "421 4.3.0 going down"),
    ({"RCPT TO": "450 4.2.0 greylisted"}, LATER, "450 4.2.0 greylisted"),
    ({"RCPT TO": "550 5.1.1 no such user"}, REFUSED, "550 5.1.1 no such user"),
    ({".": "552 5.3.4 message too big"}, REFUSED, "552 5.3.4 message too big"),
    ({"MAIL FROM": "552 5.3.4 too big"}, REFUSED, "552 5.3.4 too big"),
    ({".": "554 5.7.1 this is spam"}, REFUSED, "554 5.7.1 this is spam"),
    ({"MAIL FROM": "550 5.7.1 not this sender"}, LATER, "550 5.7.1 not this sender"),
    ({"GREETING": SILENCE}, LATER, "did not answer in time"),
    ({"RCPT TO": SILENCE}, LATER, "did not answer in time"),
    ({".": SILENCE}, PERHAPS, "did not answer in time"),
    ({"DATA": DROP}, LATER, "Connection closed by 127.0.0.1"),
    ({".": DROP}, PERHAPS, "Connection closed by 127.0.0.1"),
]


@pytest.fixture
def drain(app, monkeypatch):
    """Sends what is due, with little patience for a server that says nothing."""
    monkeypatch.setattr(outbox, "SECONDS", 1.0)

    def drain():
        with app.app_context():
            return outbox.drain()

    drain()  # the cast's own mails
    return drain


@pytest.fixture
def look(app, browser):
    """Opens an invitation's page as its admin."""

    def look(email=ONCE):
        with app.app_context():
            address = f"/orgs/acme/invitations/{cast.invitation(email).id}"
        priya = browser(cast.PRIYA)
        priya.open(address)
        return priya

    return look


def invite(app, *emails):
    with app.app_context():
        return [cast.invited(email).id for email in emails or (ONCE,)]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("script", "state", "words"), TROUBLE, ids=[f"{next(iter(s))} {w}" for s, _, w in TROUBLE]
)
def test_what_the_server_does_is_told_on_the_page(app, smtp, drain, look, script, state, words):
    smtp.script.update(script)
    invite(app)
    drain()
    page = look().page
    assert f"Invitation {state}" in page.words
    assert words in page.words
    assert ("Next attempt" in page.words) == (state == LATER)
    assert ("Try again" in page.words) == (state in (REFUSED, PERHAPS))
    assert ("Fix the address" in page.words) == (state == REFUSED)
    assert ("may have arrived" in page.words) == (state == PERHAPS)
    own = words[:3].isdigit()
    assert (f"The mail server said: {words}" in page.words) == own


def test_a_greylisted_mail_arrives_and_its_failed_try_stays(app, smtp, drain, look, travel):
    smtp.script["RCPT TO"] = ["450 4.2.0 greylisted, come back"]
    invite(app)
    drain()
    travel(seconds=61)
    drain()
    page = look().page
    assert "Invitation Sent" in page.words
    assert "The mail server said: 450 4.2.0 greylisted, come back" in page.words
    assert "250 2.0.0 queued as 1" not in page.words
    ids = {mail.message["Message-ID"] for mail in smtp.messages}
    assert len(smtp.messages) == len(ids) == 1


def test_every_try_has_the_same_message_id_and_a_date_and_says_that_nobody_wrote_it(
    app, smtp, drain, travel
):
    smtp.script["."] = [DROP]
    (number,) = invite(app)
    drain()
    smtp.script.clear()
    with app.app_context():
        lost = db.session.query(DeliveryAttempt).filter_by(result="unknown").one().delivery_id
        resends.retry_mail(cast.organization(), number, lost, by=cast.person())
    drain()
    first, second = (mail.message for mail in smtp.messages)
    assert first["Message-ID"] == second["Message-ID"]
    for mail in (first, second):
        assert mail["Date"].datetime is not None
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Reply-To"] is None


def test_many_tries_are_counted_and_the_newest_shown(app, smtp, drain, look, travel):
    smtp.script["RCPT TO"] = [f"450 4.2.0 no {n}" for n in range(14)]
    invite(app)
    for _ in range(14):
        drain()
        travel(hours=1, minutes=1)
    page = look().page
    assert "no 13" in page.words
    assert "no 3" not in page.words
    assert "And 4 earlier attempts." in page.words


def test_a_refused_recipient_harms_no_other_in_the_batch(app, smtp, drain, look):
    smtp.script["RCPT TO:<b@example.org>"] = "550 5.1.1 no such user"
    invite(app, "a@example.org", "b@example.org", "c@example.org")
    drain()
    states = [look(f"{one}@example.org").page.words for one in "abc"]
    assert ["Invitation Sent" in words for words in states] == [True, False, True]
    assert "Invitation Failed" in states[1]


class TestCredentialsThatAreRefused:
    """535 to our own sign-in: everything waits, nobody fails, and it goes on by itself."""

    @pytest.fixture
    def settings(self, settings, smtp):
        return {**settings, "MAIL_USERNAME": "gatehouse", "MAIL_PASSWORD": "seven bars"}

    def test_hold_the_queue_and_fail_nobody_until_they_are_right(
        self, app, smtp, drain, look, travel
    ):
        smtp.accounts["gatehouse"] = "another password"
        invite(app, "a@example.org", "b@example.org")
        assert drain() == {"refused_sign_in": 1}
        for email in ("a@example.org", "b@example.org"):
            page = look(email).page
            assert "the mail server refuses our sign-in" in page.words
            assert "Invitation Queued" in page.words
            assert "Failed" not in page.words
        smtp.accounts["gatehouse"] = "seven bars"
        travel(minutes=6)
        assert drain()["sent"] == 2
        page = look("a@example.org").page
        assert "refuses our sign-in" not in page.words
        assert "535 5.7.8 wrong user name or password" in page.words
        assert "Invitation Sent" in page.words


class TestAServerWithoutStartTls:
    """MAIL_USE_TLS where there is none: nothing is sent in clear."""

    @pytest.fixture
    def settings(self, settings):
        return {**settings, "MAIL_USE_TLS": "on"}

    def test_is_sent_nothing_and_the_page_says_what_the_operator_has_to_do(
        self, app, smtp, drain, look
    ):
        invite(app)
        drain()
        page = look().page
        assert "does not offer STARTTLS, so nothing was sent" in page.words
        assert "The operator has to set MAIL_USE_TLS" in page.words
        assert smtp.messages == []


class TestACertificateThatNobodyVouchesFor:
    """It fails closed."""

    @pytest.fixture
    def smtp(self, tmp_path):
        context, _ = self_signed(tmp_path)
        with ScriptedSMTP(starttls=context) as server:
            yield server

    @pytest.fixture
    def settings(self, settings):
        return {**settings, "MAIL_USE_TLS": "on"}

    def test_is_sent_nothing_and_the_page_says_what_the_operator_has_to_do(
        self, app, smtp, drain, look
    ):
        invite(app)
        drain()
        page = look().page
        assert "was not accepted: self-signed certificate. Nothing was sent." in page.words
        assert "The operator has to put it right" in page.words
        assert "Invitation Queued" in page.words
        assert smtp.messages == []


class TestARelayWithoutSmtpUtf8:
    """It cannot write to an address outside ASCII."""

    @pytest.fixture
    def smtp(self):
        with ScriptedSMTP(extensions=["8BITMIME"]) as server:
            yield server

    def test_fails_that_one_with_the_reason_and_sends_the_others(self, app, smtp, drain, look):
        invite(app, "jörg@example.org", "bo@bücher.example")
        drain()
        page = look("jörg@example.org").page
        assert "Invitation Failed" in page.words
        assert "takes only ASCII letters before the @ (no SMTPUTF8)" in page.words
        assert "Invitation Sent" in look("bo@bücher.example").page.words
