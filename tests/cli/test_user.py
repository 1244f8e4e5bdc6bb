"""What the operator does about people's accounts at a shell."""

from __future__ import annotations

import pyotp
import pytest

from tests import cast
from webapp import clock
from webapp.domain import accounts, outbox
from webapp.domain.accounts import second_factors

pytestmark = pytest.mark.both_databases


@pytest.fixture
def chen(app):
    """Chen has lost phone and recovery codes."""
    with app.app_context():
        chen = cast.person(cast.CHEN)
        accounts.change_profile(chen, full_name="Chen Wei", username="chen")
        offer = second_factors.offer(chen)
        code = pyotp.TOTP(offer.secret).at(clock.now())
        second_factors.switch_on(chen, offer.sealed, password=cast.PASSWORD, code=code)


@pytest.mark.parametrize("who", [cast.CHEN, cast.CHEN.upper(), "chen", "Chen"])
def test_a_lost_second_factor_is_taken_off_and_its_owner_is_told(flask, app, smtp, chen, who):
    done = flask("user", "second-factor-off", who)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Removed the second factor of {cast.CHEN}" in done.stdout
    with app.app_context():
        outbox.drain()
    assert smtp.messages[-1].rcpt_to == [cast.CHEN]
    assert smtp.messages[-1].message["Subject"] == "Your second factor was removed"
    again = flask("user", "second-factor-off", who)
    assert again.returncode == 1
    assert again.stderr == f"Error: {cast.CHEN} has no second factor.\n"


@pytest.mark.parametrize("who", ["nobody@acme.example", "nobody", "", "a b", "x" * 400])
def test_an_account_that_is_not_there_is_named(flask, who):
    done = flask("user", "second-factor-off", who)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: There is no account for ")
