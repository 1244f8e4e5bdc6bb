"""A real Postfix bounces our mail, and its own report says so on the invitation's page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import cast
from tests.support.postfix import Postfix
from webapp.domain import outbox
from webapp.domain.deliverability import suppressions


@pytest.fixture
def postfix() -> Iterator[Postfix]:
    """The mail server that knows nobody at example.org."""
    with Postfix() as server:
        yield server


@pytest.fixture
def settings(settings, postfix):
    return {
        **settings,
        "MAIL_PORT": str(postfix.port),
        "BOUNCE_ADDRESS": "bounces@gate.example",
        "FROM_EMAIL": "gatehouse@gate.example",
    }


def test_a_mail_to_nobody_comes_back_and_the_invitation_says_so(postfix, app, flask, browser):
    with app.app_context():
        number = cast.invited("no-such-person@example.org").id
        assert outbox.drain()["sent"] == 1
    report = postfix.report()
    assert b"Delivered-To: bounces+" in report
    done = flask("mail", "bounce", input=report)
    assert (done.returncode, done.stdout.partition(":")[0]) == (0, "bounced")
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{number}")
    assert "Bounced" in priya.page.words
    assert 'unknown user: "no-such-person"' in priya.page.words
    assert "If the address has a mistake" in priya.page.words
    with app.app_context():
        assert [one.email for one, _ in suppressions.everything()] == ["no-such-person@example.org"]
    again = flask("mail", "bounce", input=report)
    assert (again.returncode, again.stdout) == (0, "nothing: this mail has bounced before\n")
