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


@pytest.mark.parametrize("verb", [("sessions",), ("deactivate", "--organization", "acme")])
def test_an_account_that_is_not_there_has_no_sessions_and_is_no_member(flask, verb):
    done = flask("user", *verb, "nobody@acme.example")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: There is no account for nobody@acme.example.\n"


def test_sessions_are_listed_with_their_browsers_and_all_ended(flask, app, browser):
    assert flask("user", "sessions", cast.CHEN).stdout == "Signed in nowhere.\n"
    chen = browser(cast.CHEN)
    assert chen.open("/orgs/acme/members").page.heading == "Members of Acme"
    listed = flask("user", "sessions", cast.CHEN).stdout
    assert listed.count("\n") == 1
    assert listed.startswith("since ")
    assert "\tlast used " in listed
    done = flask("user", "sessions", cast.CHEN, "--end")
    assert done.stdout == f"{listed}1 ended.\n"
    assert chen.open("/orgs/acme/members").page.heading == "Sign in"
    page = browser(cast.PRIYA).open("/orgs/acme/audit?name=SessionsRevoked").page
    assert f"The operator ended 1 session of {cast.CHEN}." in page.words
    assert "There was none to end." in flask("user", "sessions", cast.CHEN, "--end").stdout


def test_a_member_is_shut_out_and_let_in_again_on_record(flask, app, browser):
    chen = browser(cast.CHEN)
    assert chen.open("/orgs/acme/members").page.heading == "Members of Acme"
    of_acme = (cast.CHEN, "--organization", "acme")
    assert "is deactivated in acme" in flask("user", "deactivate", *of_acme).stdout
    assert chen.open("/orgs/acme/members").page.heading == "Sign in"
    assert "is deactivated already" in flask("user", "deactivate", *of_acme).stdout
    again = flask("user", "reactivate", *of_acme).stdout
    assert again == f"{cast.CHEN} is active again in acme, as contributor.\n"
    assert "is active already" in flask("user", "reactivate", *of_acme).stdout
    browser(cast.CHEN).open("/orgs/acme/members")
    page = browser(cast.PRIYA).open("/orgs/acme/audit").page
    assert f"The operator deactivated {cast.CHEN}." in page.words
    assert f"The operator reactivated {cast.CHEN} as a contributor." in page.words


def test_the_last_active_admin_is_not_shut_out(flask, app):
    done = flask("user", "deactivate", cast.PRIYA, "--organization", "acme")
    assert done.returncode == 1
    assert "is the last active admin here" in done.stderr
    with app.app_context():
        assert cast.member(cast.PRIYA).is_active


def test_somebody_elses_member_and_an_unknown_organization_are_named(flask):
    done = flask("user", "deactivate", cast.EVE, "--organization", "acme")
    assert done.stderr == f"Error: {cast.EVE} is not a member of Acme.\n"
    done = flask("user", "deactivate", cast.EVE, "--organization", "nope")
    assert "There is no organization with the slug" in done.stderr
