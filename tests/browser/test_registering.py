"""The registration page and signing in, with everything that can be got wrong there."""

from __future__ import annotations

import pyotp
from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways
from webapp import clock
from webapp.domain.accounts import second_factors

# Writes down, for the next page, what the browser keeps while the form is under way.
NOTE = """document.addEventListener('submit', () => {
  window.name = JSON.stringify({ ...sessionStorage })
})"""


@both_ways
def test_a_wrong_password_is_said_on_top_and_the_address_stays(visitor):
    marco = visitor()
    marco.open("/members")
    marco.fill("Email address or username", cast.MARCO)
    marco.fill("Password", "a gate of six bars")
    marco.press("Sign in")
    assert marco.status == 422
    expect(marco.summary).to_be_focused()
    expect(marco.field("Email address or username")).to_have_value(cast.MARCO)
    expect(marco.field("Password")).to_have_value("")
    assert marco.page.title().startswith("Error: ")
    marco.checked()
    marco.fill("Password", cast.PASSWORD)
    marco.press("Sign in")
    marco.sees_heading("Members of Acme")
    marco.checked()


@both_ways
def test_an_empty_sign_in_says_what_is_missing_beside_each_field(visitor):
    somebody = visitor()
    somebody.open("/login")
    somebody.press("Sign in")
    expect(somebody.field("Password")).to_have_accessible_description("Error: Enter your password.")
    somebody.checked()
    somebody.summary.get_by_role("link", name="Enter your password.").click()
    expect(somebody.field("Password")).to_be_focused()


@both_ways
def test_a_weak_password_is_refused_and_everything_else_stays(visitor, mailed_link, bo_is_invited):
    bo = visitor()
    bo.open(mailed_link())
    bo.fill("Username", "bo")
    bo.registers("Bo Lind", password="password1234")
    assert bo.status == 422
    expect(bo.summary).to_be_focused()
    expect(bo.field("Full name")).to_have_value("Bo Lind")
    expect(bo.field("Username")).to_have_value("bo")
    expect(bo.field("Password")).to_have_value("")
    expect(bo.field("Password")).to_have_attribute("aria-invalid", "true")
    bo.checked()
    bo.summary.get_by_role("link").click()
    expect(bo.field("Password")).to_be_focused()
    bo.registers("Bo Lind")
    bo.sees_heading("Members of Acme")


def test_a_password_is_shown_and_hidden_again(visitor, mailed_link, bo_is_invited):
    bo = visitor()
    bo.open(mailed_link())
    password, button = bo.field("Password"), bo.button("Show password")
    bo.fill("Password", "seven bars and a half")
    expect(password).to_have_attribute("type", "password")
    button.click()
    expect(password).to_have_attribute("type", "text")
    expect(button).to_have_attribute("aria-pressed", "true")
    bo.checked()
    button.click()
    expect(password).to_have_attribute("type", "password")
    expect(password).to_have_value("seven bars and a half")


def test_a_shown_password_is_hidden_before_it_is_sent(visitor):
    marco = visitor()
    marco.open("/login")
    marco.fill("Password", "a gate of six bars")
    marco.press("Show password")
    marco.page.evaluate(
        """addEventListener('submit', event => {
             document.title = event.target.querySelector('[name=password]').type
             event.preventDefault()
           })"""
    )
    marco.press("Sign in")
    expect(marco.page).to_have_title("password")


@both_ways
def test_only_with_scripts_is_there_a_button_to_show_a_password(visitor, javascript):
    somebody = visitor()
    somebody.open("/login")
    expect(somebody.button("Show password")).to_have_count(1 if javascript else 0)
    sent = somebody.page.request.get(somebody.page.url).text()
    assert "Show<" not in sent  # or text browsers, which read no style sheet, would offer it


@both_ways
def test_the_first_thing_to_type_has_the_focus(visitor):
    somebody = visitor()
    somebody.open("/login")
    expect(somebody.field("Email address or username")).to_be_focused()
    somebody.press("Sign in")
    expect(somebody.summary).to_be_focused()
    somebody.press("I forgot my password")
    expect(somebody.field("Email address")).to_be_focused()


@both_ways
def test_somebody_else_who_is_signed_in_can_switch_and_register(
    visitor, mailed_link, bo_is_invited
):
    link = mailed_link()
    shared = visitor(cast.CHEN, at=link)
    assert shared.status == 200
    shared.reads(f"You are signed in as {cast.CHEN}. This invitation is for bo@example.org.")
    expect(shared.field("Password")).to_have_count(0)
    shared.checked()
    shared.press("Stay signed in as Chen Wei")
    shared.sees_heading("Members of Acme")
    shared.open(link)
    shared.press("Sign out and continue")
    shared.sees_heading("Join Acme")
    expect(shared.page.locator(".account")).to_have_count(0)
    shared.registers("Bo Lind")
    shared.sees_heading("Members of Acme")
    expect(shared.page.locator(".account")).to_contain_text("Bo Lind")


@both_ways
def test_somebody_with_an_account_joins_with_their_password(visitor, mailed_link, app):
    with app.app_context():
        cast.invited(cast.EVE)
    link = mailed_link(cast.EVE)
    eve = visitor()
    eve.open(link)
    eve.sees_heading("Join Acme")
    eve.reads(f"{cast.EVE} already has an account here. Enter its password to join.")
    eve.checked()
    eve.fill("Password", "a gate of six bars")
    eve.press("Join Acme")
    assert eve.status == 422
    expect(eve.summary).to_be_focused()
    expect(eve.field("Password")).to_have_accessible_description(
        "Error: The password is not right. Try again."
    )
    eve.checked()
    eve.fill("Password", cast.PASSWORD)
    eve.press("Join Acme")
    eve.sees_heading("Members of Acme")
    eve.open("/orgs")
    eve.sees_heading("Your organizations")
    eve.checked()


@both_ways
def test_somebody_signed_in_joins_by_one_button(visitor, mailed_link, app):
    with app.app_context():
        cast.invited(cast.EVE)
    eve = visitor(cast.EVE, at=mailed_link(cast.EVE))
    eve.reads(f"You are signed in as {cast.EVE}.")
    eve.checked()
    eve.press("Join Acme")
    eve.sees_heading("Members of Acme")


@both_ways
def test_signing_out_ends_the_session(visitor):
    priya = visitor(cast.PRIYA, at="/orgs")
    priya.page.locator(".account summary").click()
    priya.checked()
    priya.page.get_by_role("button", name="Sign out").click()
    priya.sees_heading("Sign in")
    priya.open("/orgs/acme/invitations")
    priya.sees_heading("Sign in")


def test_choosing_a_language_keeps_what_was_typed_and_no_secret(
    visitor, mailed_link, bo_is_invited
):
    bo = visitor()
    bo.open(mailed_link())
    bo.fill("Full name", "Bo Lind")
    bo.fill("Username", "bo")
    bo.fill("Password", "seven bars and a half")
    bo.press("Show password")
    bo.page.evaluate(NOTE)
    bo.page.get_by_role("button", name="Deutsch").click()
    expect(bo.page.locator("html")).to_have_attribute("lang", "de")
    expect(bo.page.locator("[name=full_name]")).to_have_value("Bo Lind")
    expect(bo.page.locator("[name=username]")).to_have_value("bo")
    expect(bo.page.locator("[name=password]")).to_have_value("")
    held = bo.page.evaluate("window.name")
    assert "Bo Lind" in held
    assert "seven bars" not in held
    assert bo.page.evaluate("sessionStorage.length") == 0
    bo.page.reload()
    expect(bo.page.locator("[name=full_name]")).to_have_value("")


def test_a_code_is_not_kept_either_when_a_language_is_chosen(visitor, app):
    with app.app_context():
        offer = second_factors.offer(cast.person())
        code = pyotp.TOTP(offer.secret).at(clock.now())
        second_factors.switch_on(cast.person(), offer.sealed, code=code, password=cast.PASSWORD)
    priya = visitor()
    priya.open("/login")
    priya.fill("Email address or username", cast.PRIYA)
    priya.fill("Password", cast.PASSWORD)
    priya.press("Sign in")
    priya.fill("Code", "123456")
    priya.page.evaluate(NOTE)
    priya.page.get_by_role("button", name="Deutsch").click()
    expect(priya.page.locator("html")).to_have_attribute("lang", "de")
    expect(priya.page.locator("[name=code]")).to_have_value("")
    assert "123456" not in priya.page.evaluate("window.name")
    assert "words" in priya.page.evaluate("window.name")
