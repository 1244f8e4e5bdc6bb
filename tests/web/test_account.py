"""One's own account through its page."""

from __future__ import annotations

from tests import cast

NEW = "quite another sentence"


def test_name_and_username_are_changed(browser):
    priya = browser(cast.PRIYA)
    priya.open(priya.page.links()["Your account"])
    priya.send("/account", full_name="Priya S.", username="priya")
    assert "saved" in priya.page.messages
    fields = priya.page.form("/account").fields
    assert (fields["full_name"], fields["username"]) == ("Priya S.", "priya")
    assert browser("priya").page.heading == "Invitations"


def test_what_cannot_be_a_name_is_refused_and_kept(browser):
    priya = browser(cast.PRIYA)
    priya.open("/account")
    priya.send("/account", full_name="", username="no spaces\0")
    assert (priya.status, len(priya.page.problems)) == (422, 2)
    assert priya.page.form("/account").fields["username"] == "no spaces"


def test_a_changed_password_signs_out_everywhere_else(browser, redis):
    priya, thief = browser(cast.PRIYA), browser(cast.PRIYA)
    redis.kill()
    priya.open("/account")
    priya.send("/account/password", present_password=cast.PASSWORD, password=NEW)
    assert "new password is set" in priya.page.messages
    thief.open("/account")
    assert thief.page.heading == "Sign in"
    priya.open("/account")
    assert priya.page.heading == "Your account"


def test_empty_passwords_are_named(browser):
    priya = browser(cast.PRIYA)
    priya.open("/account")
    priya.send("/account/password")
    assert priya.status == 422
    assert priya.page.problems == ["Enter your current password.", "Choose a new password."]


def test_guessing_the_present_password_is_slowed_wherever_it_comes_from(browser):
    statuses = []
    priya = browser(cast.PRIYA)
    for number in range(12):
        priya.environ = {"REMOTE_ADDR": f"192.0.2.{number}"}
        priya.open("/account")
        priya.send("/account/password", present_password=f"a wrong guess {number}", password=NEW)
        statuses.append(priya.status)
    assert statuses == [422] * 10 + [429] * 2
