"""Priya writes her organization's mails, and what she wrote is looked at as a mail."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests import cast
from tests.browser.inspection import OVERFLOW
from tests.browser.visitor import both_ways
from webapp.domain import outbox
from webapp.domain.letters import placeholders, trials
from webapp.domain.members import roles

MAIL = "/orgs/acme/settings/email/templates/invitation"
BODY = "# Come in, {{ invitee }}\n\n- one\n- two\n\n> {{ message }}\n\n{{ link }}\n\nBye"


@both_ways
def test_priya_writes_previews_tries_and_saves_a_text_and_goes_back(visitor, app, smtp):
    priya = visitor(cast.PRIYA, at="/orgs/acme/settings/email")
    priya.press("Mail templates")
    priya.sees_in_row("Invitation", "Built-in", "Never")
    priya.checked()
    priya.press("Invitation")
    priya.reads("Priya Shah invites you to join Acme")
    priya.checked()

    priya.fill("Subject", "Come to {{ organization }}")
    priya.fill("Text", BODY)
    priya.press("Preview")
    priya.reads("Come in, Bo Lind")
    priya.reads("Come to Acme")
    expect(priya.field("Text")).to_have_value(BODY)
    priya.checked()

    priya.press("Send me a test")
    priya.is_told("A test mail is on its way to priya@acme.example. Nothing was saved.")
    expect(priya.field("Subject")).to_have_value("Come to {{ organization }}")
    expect(priya.field("Text")).to_have_value(BODY)
    with app.app_context():
        outbox.drain()
    assert smtp.messages[-1].message["Subject"] == "Test: Come to Acme"

    priya.press("Save")
    priya.is_told("Saved. Every invitation mail uses this text from now on.")
    priya.press("Earlier versions")
    priya.sees_in_row("Version 1", "Come to {{ organization }}", "Priya Shah")
    priya.checked()
    priya.press("Version 1")
    priya.reads("Your organization sends this text now.")
    priya.checked()

    priya.open(MAIL)
    priya.press("Back to the built-in text")
    priya.sees_heading("Go back to the built-in text?")
    priya.checked()
    priya.press("Use the built-in text")
    priya.is_told("The invitation mail uses the built-in text again.")
    priya.open(f"{MAIL}/versions/1")
    priya.checked()
    priya.press("Use this version again")
    priya.is_told("The invitation mail uses version 1 again.")
    priya.checked()


@both_ways
def test_what_is_refused_is_named_with_its_line_and_takes_focus(visitor, site):
    priya = visitor(cast.PRIYA, at=MAIL)
    priya.fill("Text", "Hello\n\n{{ nobody }}\n\n{{ link }}")
    priya.press("Save")
    expect(priya.summary).to_be_focused()
    priya.reads("Line 3: “{{ nobody }}” is not a placeholder of this mail.")
    expect(priya.field("Text")).to_have_value("Hello\n\n{{ nobody }}\n\n{{ link }}")
    priya.checked()


def test_the_preview_follows_what_is_typed_and_leaves_the_keyboard_alone(visitor, site):
    priya = visitor(cast.PRIYA, at=MAIL)
    preview = priya.page.locator("#preview")
    priya.fill("Text", "Dear {{ invitee }}\n\n{{ link }}")
    expect(preview).to_contain_text("Dear Bo Lind")
    expect(priya.field("Text")).to_be_focused()
    priya.checked()
    priya.fill("Text", "Dear {{ nobody }}\n\n{{ link }}")
    expect(preview).to_contain_text("Line 1: “{{ nobody }}” is not a placeholder")
    expect(priya.field("Text")).to_be_focused()
    priya.checked()


@both_ways
def test_pressing_preview_leads_to_it(visitor, site):
    priya = visitor(cast.PRIYA, at=MAIL)
    priya.fill("Text", "Dear {{ invitee }}\n\n{{ link }}")
    priya.press("Preview")
    heading = priya.place.get_by_role("heading", name="Preview", exact=True)
    expect(heading).to_be_focused()
    expect(heading).to_be_in_viewport()
    priya.reads("What you typed is not saved yet")


@both_ways
def test_of_two_admins_the_second_sees_both_texts_and_decides(visitor, app, site):
    with app.app_context():
        marco = cast.member(cast.MARCO).id
        roles.change_role(cast.organization(), marco, by=cast.person(), role="admin")
    priya, marco = visitor(cast.PRIYA), visitor(cast.MARCO)
    priya.open(MAIL)
    marco.open(MAIL)
    priya.fill("Subject", "Priya’s subject")
    priya.press("Save")
    priya.is_told("Saved.")
    marco.fill("Subject", "Marco’s subject")
    marco.press("Save")
    marco.reads("Someone changed this template while you were writing.")
    marco.reads("Priya’s subject")
    expect(marco.field("Subject")).to_have_value("Marco’s subject")
    expect(marco.summary).to_be_focused()
    marco.checked()
    marco.press("Save")
    marco.is_told("Saved.")


@pytest.mark.parametrize("kind", placeholders.KINDS)
def test_a_mail_fits_every_width_can_be_read_in_light_and_dark_and_asks_for_nothing(
    chromium: Browser, app, smtp, kind
):
    with app.app_context():
        outbox.drain()
        trials.send(
            cast.organization(),
            kind,
            by=cast.person(),
            subject="Come in",
            body="# A long " + "Donaudampfschifffahrtsgesellschaftskapitän" * 3 + "\n\n"
            "> {{ invitee }}\n\n- [words](https://acme.example)\n\n---\n\n{{ link }}",
            begun_from=0,
        )
        outbox.drain()
    html = smtp.messages[-1].message.get_body(("html",)).get_content()
    context = chromium.new_context(java_script_enabled=False)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html)
    colours = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (320, 600):
            page.set_viewport_size({"width": width, "height": 700})
            assert page.evaluate(OVERFLOW) == []
        colours[scheme] = [
            page.locator(part).first.evaluate(
                "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
            )
            for part in ("body", "a.button", ".notes p", "a:not(.button)")
        ]
        button = page.locator("a.button").bounding_box()
        assert button is not None
        assert button["height"] >= 44
    assert all(light != dark for light, dark in zip(*colours.values(), strict=True))
    assert asked == []
    context.close()


def test_saving_does_not_wait_for_a_preview_that_is_under_way(visitor):
    """On a slow line the press was lost: the form counted as sent by what typing had asked for."""
    priya = visitor(cast.PRIYA, at=MAIL)
    priya.page.route("**/preview", lambda route: None)
    with priya.page.expect_request("**/preview"):
        priya.fill("Subject", "Come to {{ organization }}")
    priya.press("Save")
    priya.is_told("Saved. Every invitation mail uses this text from now on.")


def test_leaving_the_editor_asks_before_it_drops_a_text(visitor):
    priya = visitor(cast.PRIYA, at=MAIL)
    priya.forgive("a box of the browser")
    asked = []
    priya.page.on("dialog", lambda box: (asked.append(box.type), box.dismiss()))
    priya.fill("Subject", "Come to {{ organization }}")
    priya.page.get_by_role("link", name="Members", exact=True).click()
    expect(priya.field("Subject")).to_have_value("Come to {{ organization }}")
    assert asked == ["beforeunload"]
    priya.press("Save")
    priya.is_told("Saved. Every invitation mail uses this text from now on.")
    assert asked == ["beforeunload"]
