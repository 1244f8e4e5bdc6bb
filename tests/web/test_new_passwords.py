"""Wherever a new password is set, it is judged with the names that are near at hand."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.domain.accounts import confirmations, password_resets
from webapp.domain.invitations import acceptances, links

OWN = "not your name or address, nor the name of your organization"
BO = "bo@example.org"
WORSE = ("acmeacmeacme", "Acme Acme 12", "gatehouse123")


def by_reset(browser, app, password):
    with app.app_context():
        link = password_resets.address(cast.person())
    return sent(browser(), link, "/password/reset", password=password)


def by_confirmation(browser, app, password):
    with app.app_context():
        if cast.invitation(BO) is None:
            copied = links.token(cast.invited(BO, send=False), links.COPIED)
            typed = "seven bars and a half"
            acceptances.accept(copied, full_name="Bo Lind", password=typed)
        link = confirmations.address(cast.person(BO))
    return sent(browser(), link, "/confirm", password=password)


def by_registration(browser, app, password):
    with app.app_context():
        made = cast.invitation(BO) or cast.invited(BO)
        link = f"/register?token={cast.mailed_token(made)}"
    return sent(browser(), link, "/register", full_name="Bo Lind", password=password)


def by_account_page(browser, app, password):
    priya = browser(cast.PRIYA)
    new = {"present_password": cast.PASSWORD, "password": password}
    return sent(priya, "/account", "/account/password", **new)


def sent(somebody, page, action, **typed):
    somebody.open(page)
    somebody.send(action, **typed)
    return somebody.status, " ".join(somebody.page.problems)


@pytest.mark.parametrize("way", [by_reset, by_confirmation, by_registration, by_account_page])
def test_each_page_knows_the_organizations_name(browser, app, way):
    for password in WORSE:
        status, problems = way(browser, app, password)
        assert status == 422
        assert OWN in problems
    status, problems = way(browser, app, "x7" * 64)
    assert (status, "repeats the same few characters" in problems) == (422, True)


def test_programs_hear_the_reason_beside_the_field(app):
    with app.app_context():
        token = cast.mailed_token(cast.invited(BO))
    for password in (*WORSE, "Bo Lind 2026", "bobobobobobo"):
        answer = app.test_client().post(
            "/api/v1/invitations/accept",
            json={"token": token, "full_name": "Bo Lind", "password": password},
        )
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json["errors"]] == ["#/password"]
