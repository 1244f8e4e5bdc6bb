"""Links as mail programs and people pass them on: with a stray character, or broken in two."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests import cast
from webapp import clock
from webapp.domain.accounts import confirmations, password_resets
from webapp.domain.deliverability import unsubscribes
from webapp.domain.invitations import acceptances, links

BO = "bo@example.org"
PASSWORD = "seven bars and a half"
AFTER = [*".,;:!?)]}>'\"*|\\/”…", "...", ">.", " ", "\n", "\r\n", "\u00a0", "\u200b", "\ufeff"]
IN_CODE = ["%20", "%0D%0A", "%2520", "&#8203;", "&gt;", "&quot;", "%3E", "%22", "%29.", "%C2%A0"]
SOFT = ["=\r\n", "=\n", "=", "\n> ", "\r\n> > ", "\u2066", "\t"]
BROKEN = ["\n", "\r\n", " ", "\r\n ", "\u00ad", "\u200b"]


@pytest.fixture
def token(app):
    """The token that was mailed to Bo."""
    with app.app_context():
        return cast.mailed_token(cast.invited())


def passed_on(token):
    """Ways in which the token may arrive."""
    half = len(token) // 2
    yield from (token + stray for stray in AFTER)
    yield from (f"<{token}>", f" {token}", f"({token}).")
    yield from (token[:half] + gap + token[half:] for gap in BROKEN)
    yield from (token + stray for stray in IN_CODE)
    yield from (token[:half] + gap + token[half:] for gap in (*IN_CODE[:4], *SOFT))
    yield f"3D{token}"


DAMAGES = list(passed_on("first.second"))


def damaged(token, number):
    return list(passed_on(token))[number]


PAGES = {
    "/register?token=": "Join Acme",
    "/register/decline?token=": "Decline the invitation to Acme?",
    "/invite/": "Join Acme",
    "/unsubscribe?token=": "Unsubscribe from Acme?",
    "/password/reset?token=": "Set a new password",
    "/confirm?token=": f"Confirm that {BO} is yours",
}


@pytest.fixture
def mailed(app):
    """The token of each page, as it was mailed."""
    with app.app_context():
        invited = cast.mailed_token(cast.invited())
        copied = links.token(cast.invited("lea@example.org", send=False), links.COPIED)
        acceptances.accept(copied, full_name="Lea", password=PASSWORD)
        addresses = {
            "/unsubscribe?token=": unsubscribes.address(cast.invitation(BO)),
            "/password/reset?token=": password_resets.address(cast.person()),
            "/confirm?token=": confirmations.address(cast.person("lea@example.org")),
        }
    tokens = {page: address.partition("token=")[2] for page, address in addresses.items()}
    return dict.fromkeys(PAGES, invited) | tokens


@pytest.mark.parametrize("page", PAGES)
def test_every_mailed_link_opens_however_it_was_passed_on(browser, mailed, page):
    heading = (
        PAGES[page].replace(BO, "lea@example.org") if page == "/confirm?token=" else PAGES[page]
    )
    somebody = browser()
    for text in passed_on(mailed[page]):
        somebody.open(f"{page}{quote(text, safe='')}")
        assert (somebody.status, somebody.page.heading) == (200, heading), ascii(text)


def test_a_form_is_sent_with_the_token_in_its_right_form(browser, token):
    bo = browser()
    for path in (f"/register?%0Dtoken={token}", f"/register?%20token={token}%0A"):
        bo.open(path)
        assert bo.page.heading == "Join Acme"
        assert bo.page.form("/register").fields["token"] == token
    bo.open(f"/invite/{quote(token + '>.', safe='')}")
    bo.send("/register", full_name="Bo Lind", password=PASSWORD)
    assert "Members of Acme" in bo.page.words


def test_programs_may_pass_on_what_was_pasted(app, token):
    client = app.test_client()
    link = f"https://gatehouse.test/register?token={token}"
    for text in (*passed_on(token), *(f"<{link}>", f"See {link}.", f"token=3D{token}")):
        answers = (
            client.get("/api/v1/invitations/validate", query_string={"token": text}),
            client.get("/api/invitations/validate", query_string={"token": text}),
        )
        for answer in answers:
            assert (answer.status_code, answer.json["email"]) == (200, BO), ascii(text)
        if "/" not in text:
            answer = client.get(f"/api/organizations/invitations/{quote(text, safe='')}/")
            assert (answer.status_code, answer.json["email"]) == (200, BO), ascii(text)


@pytest.mark.parametrize("number", range(len(DAMAGES)), ids=[ascii(text) for text in DAMAGES])
def test_programs_may_accept_with_what_was_pasted(app, token, number):
    account = {"full_name": "Bo Lind", "password": PASSWORD}
    paths = ("/api/v1/invitations/accept", "/api/v1/users/accept-invite")
    body = {"token": damaged(token, number), **account}
    answer = app.test_client().post(paths[number % 2], json=body)
    assert answer.status_code == 201


def test_a_token_with_another_letter_stays_refused(browser, token):
    half = len(token) // 2
    other = "A" if token[half] != "A" else "B"
    altered = f"{token[:half]}{other}{token[half + 1 :]}"
    wrong = (
        f"{token}A",
        f"A{token}",
        altered,
        f"{altered}.",
        token[:-1],
        f"{token}.A",
        f"%41{token}",
    )
    for text in wrong:
        stranger = browser()
        stranger.open(f"/register?token={quote(text, safe='')}")
        assert stranger.status == 404


def test_a_link_that_is_old_says_so_whatever_follows_it(browser, app):
    with app.app_context(), clock.ahead(days=-8):
        token = cast.mailed_token(cast.invited())
    bo = browser()
    bo.open(f"/register?token={token}.")
    assert bo.page.heading == "This link has expired"


def test_a_form_whose_address_and_field_hold_one_token_is_sent(browser, token):
    bo = browser()
    bo.open(f"/register?token={token}")
    fields = bo.page.form("/register").fields
    bo.post(f"/register?token={token}.", {**fields, "full_name": "Bo Lind", "password": PASSWORD})
    assert "Members of Acme" in bo.page.words


@pytest.mark.parametrize("page", ["/confirm", "/password/reset", "/unsubscribe"])
def test_an_address_beside_a_links_page_says_nothing_about_a_link(browser, page):
    stranger = browser()
    stranger.open(page)
    assert (stranger.status, "link does not work" in stranger.page.heading) == (404, True)
    stranger.open(f"{page}/more")
    assert (stranger.status, stranger.page.heading) == (404, "There is nothing here")
