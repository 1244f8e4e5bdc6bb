"""A small program that has people sign in with us, and then greets them: on a port of its own."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests import cast
from tests.support import program
from tests.support.client import Browser
from tests.support.program import Program, answered

COOKIE = "the-program"


class _Server(ThreadingHTTPServer):
    party: Program
    sign_in: str  # where people are sent to sign in
    people: dict[str, str]  # by what their cookie holds


@contextmanager
def running(browser: Browser, gatehouse: str) -> Iterator[str]:
    """The program's address, inside the block; Acme has an application for it."""
    server = _Server(("127.0.0.1", 0), _Program)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    back = f"{address}/callback"
    with browser.app.app_context():
        client = {"redirect_uris": [back]}
        _, row, secret = program.application(cast.organization(), client=client)
        server.party = Program(browser, row.client_id, secret, back=back)
    browser.secrets.learn(secret)
    server.sign_in, server.people = gatehouse + server.party.address(), {}
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Program(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Greet who is known, and have everybody else sign in."""
        cookie = SimpleCookie(self.headers["Cookie"]).get(COOKIE)
        who = self.server.people.get(cookie.value) if cookie else None
        if self.path.startswith("/callback?"):
            self._enter()
        elif who is None:
            self._answer(303, Location=self.server.sign_in)
        else:
            self._answer(200, f"<title>Planning</title><h1>Hello, {who}</h1>")

    def _enter(self) -> None:
        party, token = self.server.party, secrets.token_urlsafe()
        host = party.back.removesuffix("/callback")
        code = answered(host + self.path, party.back)["code"]
        tokens = party.redeem(code).json
        party.browser.secrets.learn(code, tokens["access_token"], tokens["id_token"], token)
        self.server.people[token] = party.claims(tokens["id_token"])["email"]
        self._answer(303, Location="/", Set_Cookie=f"{COOKIE}={token}; Path=/; Max-Age=600")

    def _answer(self, status: int, page: str = "", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/html", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_: object) -> None:
        pass
