"""Signing in to an application with a real browser: through the form, and back to it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests import cast
from tests.support import program
from tests.support.lynx import Lynx
from tests.support.program import Program, answered


@pytest.fixture
def callback():
    """An application's server on another port: its address, and the paths it was asked for."""
    paths = []

    class Callback(BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>The wiki</title>")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Callback)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/callback", paths
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "no-js"])
def test_the_form_leads_to_the_application_and_so_does_signing_out(
    app, site, browser, chromium, callback, javascript, secrets
):
    """The form-action of our own policy stops redirects to other sites after a form."""
    back, paths = callback
    with app.app_context():
        addresses = {"redirect_uris": [back], "post_logout_redirect_uris": [back]}
        _, client, secret = program.application(cast.organization(), client=addresses)
        wiki = Program(browser(), client.client_id, secret, back=back)
    context = chromium.new_context(java_script_enabled=javascript)
    page = context.new_page()
    page.goto(site + wiki.address(login_hint=cast.CHEN))
    page.get_by_label("Password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{back}?**")
    answer = answered(f"{back}?{paths[0].partition('?')[2]}", back)
    secrets.learn(answer["code"])
    assert wiki.redeem(answer["code"]).status_code == 200
    values = {"client_id": client.client_id, "post_logout_redirect_uri": back, "state": "bye"}
    page.goto(site + program.query("/oauth/logout", values))
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{back}?state=bye")
    page.goto(site + wiki.address())
    assert page.get_by_label("Password").is_visible()
    context.close()


def test_the_form_leads_to_the_application_in_a_text_browser(
    app, site, browser, callback, secrets, tmp_path
):
    back, paths = callback
    with app.app_context():
        addresses = {"redirect_uris": [back]}
        _, client, secret = program.application(cast.organization(), client=addresses)
        wiki = Program(browser(), client.client_id, secret, back=back)
    address = site + wiki.address(login_hint=cast.CHEN)
    Lynx(tmp_path).send(address, "Sign in", {"Password": cast.PASSWORD})
    answer = answered(f"{back}?{paths[0].partition('?')[2]}", back)
    secrets.learn(answer["code"])
    assert wiki.redeem(answer["code"]).status_code == 200


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "no-js"])
def test_the_pages_on_the_way_can_be_used_by_everybody(app, visitor, browser, javascript):
    with app.app_context():
        row, client, secret = program.application(cast.organization(), for_everyone=False)
        wiki = Program(browser(), client.client_id, secret)
        name = row.name
    chen = visitor(cast.CHEN, at=wiki.address())
    chen.sees_heading(f"You may not enter {name}")
    chen.reads("You are signed in as chen@acme.example.")
    chen.checked()
    chen.open("/oauth/logout")
    chen.sees_heading("Sign out?")
    chen.checked()
    chen.open("/oauth/authorize?client_id=unknown")
    chen.sees_heading("We do not know this program")
    chen.checked()
