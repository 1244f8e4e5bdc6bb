"""Leaving an organization and deleting one's account, through the pages."""

from __future__ import annotations

from tests import cast
from webapp.domain.members import roles


def test_chen_leaves_by_the_account_page(browser):
    chen = browser(cast.CHEN)
    chen.open("/account")
    chen.open(chen.page.links()["Leave Acme"])
    chen.send("/account/leave/acme")
    assert "You have left Acme." in chen.page.messages
    assert "Leave Acme" not in chen.page.links()
    chen.open("/orgs/acme/members")
    assert chen.status == 404


def test_an_organization_that_one_is_not_in_is_not_found(browser):
    eve = browser(cast.EVE)
    for slug in ("acme", "nowhere"):
        eve.open(f"/account/leave/{slug}")
        assert eve.status == 404
        eve.open("/account/leave/evil")
        eve.post(f"/account/leave/{slug}", eve.page.form("/account/leave/evil").fields)
        assert eve.status == 404


def test_the_last_admin_is_told_what_to_do_first(browser):
    priya = browser(cast.PRIYA)
    for address in ("/account/leave/acme", "/account/delete"):
        priya.open(address)
        priya.send(address, password=cast.PASSWORD)
        assert priya.status == 422
        assert "Make somebody else an admin first." in priya.page.problems[0]


def test_one_is_told_that_open_invitations_will_end(browser, app):
    with app.app_context():
        cast.invited()
    priya = browser(cast.PRIYA)
    priya.open("/account/leave/acme")
    assert "Your 1 pending invitation is revoked" in priya.page.words


def test_a_deleted_account_is_signed_out_and_a_copied_cookie_is_dead(browser, redis):
    chen, copy = browser(cast.CHEN), browser(cast.CHEN)
    redis.kill()
    chen.open("/account/delete")
    assert "You leave these organizations: Acme." in chen.page.words
    chen.send("/account/delete", password=cast.PASSWORD)
    assert chen.page.heading == "Sign in"
    assert "Your account is deleted." in chen.page.messages
    copy.open("/account")
    assert copy.page.heading == "Sign in"
    copy.sign_in(cast.CHEN, cast.PASSWORD)
    assert copy.status == 422


def test_a_wrong_or_missing_password_deletes_nothing(browser):
    chen = browser(cast.CHEN)
    for password, words in (("", "Enter your password."), ("a guess", "The password is not right")):
        chen.open("/account/delete")
        chen.send("/account/delete", password=password)
        assert chen.status == 422
        assert words in chen.page.problems[0]
    chen.open("/account")
    assert chen.status == 200


def test_guessing_the_password_is_slowed(browser):
    chen, statuses = browser(cast.CHEN), []
    for number in range(12):
        chen.open("/account/delete")
        chen.send("/account/delete", password=f"a wrong guess {number}")
        statuses.append(chen.status)
    assert statuses == [422] * 10 + [429] * 2


def test_what_a_deleted_member_did_is_still_told(browser, app):
    with app.app_context():
        roles.change_role(
            cast.organization(), cast.member(cast.MARCO).id, by=cast.person(), role="admin"
        )
    marco = browser(cast.MARCO)
    marco.open("/orgs/acme/invitations/new")
    marco.send("/orgs/acme/invitations", email="bo@example.org")
    marco.open("/account/delete")
    marco.send("/account/delete", password=cast.PASSWORD)
    with app.app_context():
        number = cast.invitation().id
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations")
    row = next(row for row in priya.page.rows() if row["Email"] == "bo@example.org")
    assert (row["Invited by"], row["Status"]) == ("Deleted account", "Revoked")
    priya.open(f"/orgs/acme/invitations/{number}")
    assert "Deleted account invited bo@example.org" in priya.page.words
