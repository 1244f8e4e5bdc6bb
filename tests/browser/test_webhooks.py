"""An admin lets another program hear of what happens: with scripts and without."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import expect
from standardwebhooks import Webhook

from tests import cast
from tests.browser.visitor import both_ways
from tests.support.receiver import Receiver
from webapp.domain.webhooks import attempts, sending


@pytest.fixture
def settings(settings):
    """This machine may be told."""
    return {**settings, "WEBHOOK_LOOPBACK": "on"}


def looked_at(person, name):
    """A picture of the page at both widths and in both schemes, where SHOTS names a folder."""
    folder = os.environ.get("SHOTS")
    if folder:
        for width in (1280, 320):
            person.page.set_viewport_size({"width": width, "height": 900})
            for scheme in ("dark", "light"):
                person.page.emulate_media(color_scheme=scheme)
                person.page.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)
        person.page.set_viewport_size({"width": 1280, "height": 800})


@both_ways
def test_a_webhook_from_its_first_secret_to_its_end(visitor, app, secrets, travel):
    body = b"out of cheese"
    failure = b"HTTP/1.1 500 -\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with Receiver(failure) as there:
        priya = visitor(cast.PRIYA, at="/orgs/acme/settings/team")
        priya.press("Webhooks")
        priya.reads("No webhooks yet.")
        priya.checked()
        priya.press("Add a webhook")
        groups = priya.page.locator("#events")
        expect(groups).to_be_hidden()  # all events are chosen
        priya.fill("Address", "http://10.0.0.1/")
        priya.page.get_by_label("Only the events I choose").check()
        expect(groups).to_be_visible()
        priya.press("Add webhook")
        priya.reads("Choose at least one event")
        expect(priya.summary).to_be_focused()
        priya.checked()
        looked_at(priya, "refused")
        priya.fill("Address", there.url)
        priya.fill("Name", "Payroll")
        priya.page.locator("summary", has_text="Invitations").last.click()
        priya.page.get_by_label("InvitationCreated").check()
        looked_at(priya, "form")
        priya.press("Add webhook")
        priya.is_told("shown only this once")
        secret = priya.field("Secret").input_value()
        secrets.learn(secret)
        priya.checked()
        looked_at(priya, "added")
        with app.app_context():
            cast.invited(send=False)
            sending.send()
        priya.open("/orgs/acme/settings/webhooks/1")
        priya.reads("The last attempt failed")
        priya.sees_in_row("InvitationCreated", "Waiting", "500")
        priya.checked()
        priya.page.get_by_role("link", name=re.compile("InvitationCreated")).click()
        priya.page.locator("summary", has_text="Response").click()
        priya.reads("out of cheese")
        priya.checked()
        looked_at(priya, "delivery")
        priya.press("Send now")
        priya.is_told("with the same id")
        travel(seconds=attempts.PAUSES[0].total_seconds())
        with app.app_context():
            sending.send()
        priya.page.reload()
        priya.reads("the response was 204")
        Webhook(secret).verify(there.heard[-1].body, there.heard[-1].headers)
        priya.press("Payroll")
        looked_at(priya, "webhook")
        priya.press("Turn off")
        priya.is_told("The webhook is off.")
        priya.checked()
        priya.press("Turn on")
        priya.press("Delete")
        priya.sees_heading("Delete this webhook?")
        priya.press("Delete")
        priya.is_told("deleted")
        priya.reads("No webhooks yet.")
