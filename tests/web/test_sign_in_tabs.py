"""A sign-in form that was left open in a second tab, after signing in in the first."""

from __future__ import annotations

import pytest

from tests import cast


@pytest.fixture
def tab(browser):
    """Priya's browser: signed in, with the form of a tab that she had opened before."""
    priya = browser()
    priya.open("/orgs/acme/invitations?status=pending")
    form = priya.page.form("/login")
    priya.send("/login", email=cast.PRIYA, password=cast.PASSWORD)

    def press(**typed):
        priya.post(form.action, {**form.fields, **typed})
        return priya

    return press


@pytest.mark.parametrize("password", [cast.PASSWORD, "mistyped this time", ""])
def test_the_same_person_is_led_to_where_they_wanted_to_go(tab, password):
    priya = tab(email=cast.PRIYA.upper(), password=password)
    assert priya.status == 200
    assert priya.at.response.request.full_path == "/orgs/acme/invitations?status=pending"


def test_somebody_else_is_told_who_is_signed_in_and_keeps_what_they_typed(tab):
    priya = tab(email=cast.CHEN, password=cast.PASSWORD)
    assert priya.status == 422
    assert priya.page.problems == [
        f"You signed in as {cast.PRIYA} in another tab. To sign in as somebody else, enter the "
        "password again."
    ]
    assert priya.page.form("/login").fields["email"] == cast.CHEN
    priya.send("/login", password=cast.PASSWORD, next="")
    assert priya.page.heading == "Members of Acme"


def test_a_form_that_is_stale_for_another_reason_says_so(browser):
    priya = browser()
    priya.open("/login")
    priya.client.delete_cookie("gatehouse_form")
    priya.send("/login", email=cast.PRIYA, password=cast.PASSWORD)
    assert "Press the button again" in " ".join(priya.page.problems)
    assert priya.page.form("/login").fields["email"] == cast.PRIYA


def test_a_second_step_left_open_leads_to_where_one_is_signed_in(browser):
    priya = browser(cast.PRIYA)
    token = priya.open("/account").page.form("/logout").fields["csrf_token"]
    for fields in ({"code": "123456"}, {"code": ""}, {"code": "1", "csrf_token": token}):
        priya.post("/login/code", {"next": "/orgs/acme/members", **fields})
        assert (priya.status, priya.page.heading) == (200, "Members of Acme")


def test_a_second_step_that_took_too_long_says_so_to_who_is_not_signed_in(browser):
    somebody = browser()
    token = somebody.open("/login").page.form("/login").fields["csrf_token"]
    somebody.post("/login/code", {"code": "123456", "csrf_token": token})
    assert somebody.page.problems == ["That took too long. Sign in again."]
