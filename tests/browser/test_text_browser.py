"""An invitee's whole way in lynx: no scripts, no style sheets, a keyboard and lines of text."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.lynx import Lynx
from webapp.domain.invitations import resends

BO = "bo@example.org"
PASSWORD, LATER = "seven bars and a half", "eight bars and a lock"
JOIN = "Create account and join"


@pytest.fixture
def bo(tmp_path, secrets):
    """Bo, at a text browser."""
    secrets.learn(PASSWORD, LATER)
    return Lynx(tmp_path)


def test_an_invitee_joins_leaves_comes_back_and_replaces_a_password(
    bo, site, mailed_link, bo_is_invited
):
    link = mailed_link()
    page = bo.read(link)
    assert "Priya Shah invites you to join Acme as a contributor." in page
    assert "bo@example.org" in page
    assert "Show" not in page
    page = bo.send(link, JOIN, {"Full name": "Bo Lind", "Password": "short"})
    assert "There is a problem" in page
    assert "Error: Use at least 12 characters." in page
    assert "Full name Bo Lind" in page
    page = bo.send(link, JOIN, {"Full name": "Bo Lind", "Password": PASSWORD})
    assert "Members of Acme" in page
    page = bo.send(link, "Open Acme")
    assert "Members of Acme" in page
    assert "Sign in" in bo.send(f"{site}/orgs/acme/members", "Sign out")
    assert mailed_link() == f"{site}/orgs/acme"  # of the welcome

    page = bo.send(link, "Sign in")
    assert "Email address or username" in page
    page = bo.send(f"{site}/login", "I forgot my password")
    assert "If you were invited and have no account yet" in page
    page = bo.send(f"{site}/password/forgot", "Email me a link", {"Email address": BO})
    assert "Check your mail" in page
    page = bo.send(mailed_link(), "Set password and sign in", {"New password": LATER})
    assert "Members of Acme" in page
    assert "Sign in" in bo.send(f"{site}/orgs/acme/members", "Sign out")
    typed = {"Email address or username": BO, "Password": LATER}
    assert "Members of Acme" in bo.send(f"{site}/login", "Sign in", typed)


def test_an_invitee_asks_for_a_new_link_and_declines(bo, app, mailed_link, bo_is_invited):
    first = mailed_link()
    with app.app_context():
        resends.resend(cast.organization(), cast.invitation().id, by=cast.person())
    page = bo.send(first, "Email me a new link")
    assert "Check your mail" in page
    link = mailed_link()
    page = bo.send(link, "Decline the invitation")
    assert "Decline the invitation to Acme?" in page
    page = bo.send(
        link.replace("/register?", "/register/decline?"), "Decline", {"Reason": "No time this year"}
    )
    assert "This invitation was declined" in page
    with app.app_context():
        assert cast.invitation().decline_reason == "No time this year"
