"""A real HTTP(S) server on 127.0.0.1 that takes webhooks, and does what a test tells it to.

    with Receiver() as there:
        ...                       # send to there.url
    assert there.heard[0].event["type"] == "InvitationCreated"

`answers` says what becomes of each request in turn, 204 after the last: a status, a whole answer in
bytes, a Hold (its request waits, then is answered with 204), SILENCE, or Drip(bytes), which sends
its bytes one by one for as long as somebody listens.
"""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Self

import brotli
from standardwebhooks import Webhook
from standardwebhooks import webhooks as their_own

from webapp import clock


@dataclass
class Hold:
    """Keeps a request waiting until the test has done what it wants to do meanwhile."""

    reached: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Drip:
    """Bytes that come one by one, a tenth of a second apart."""

    first: bytes
    then: bytes


class _Silence:
    pass


SILENCE = _Silence()
Plan = int | bytes | Hold | Drip | _Silence


@dataclass(frozen=True)
class Heard:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """Its webhook-id."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        """Its body."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def verify(self, secret: str) -> None:
        """Fail unless the package of Standard Webhooks finds it signed with the secret."""
        Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """The server. It keeps what it `heard`, and counts `connections`."""

    def __init__(self, *answers: Plan, tls: ssl.SSLContext | None = None, name: str = "") -> None:
        self.answers: list[Plan] = [*answers]
        self.heard: list[Heard] = []
        self.connections = 0
        self.names: list[str | None] = []  # what was asked for by SNI
        self.stopped = threading.Event()
        self._tls, self._name = tls, name or "127.0.0.1"
        self._lock = threading.Lock()
        if tls:
            tls.sni_callback = lambda _socket, name, _context: self.names.append(name)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._tls else 'http'}://{self._name}:{self.port}/hooks"

    @property
    def types(self) -> list[str]:
        """The types of the events that it heard of, in their order."""
        return [one.event["type"] for one in self.heard]

    def next_plan(self, heard: Heard) -> Plan:
        """Keep the request; what to do with it."""
        with self._lock:
            self.heard.append(heard)
            return self.answers.pop(0) if self.answers else 204

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Request)
        self._server.receiver = self
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def secured(self, connection: socket.socket) -> socket.socket:
        """The connection, with TLS where this server speaks it."""
        self.connections += 1
        return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection


class _Server(socketserver.ThreadingTCPServer):
    # Not even asked for: each gets a port of its own, and some kernels give one to two then.
    allow_reuse_address = False
    daemon_threads = True
    receiver: Receiver


class _Request(socketserver.BaseRequestHandler):
    """One connection, one request."""

    def handle(self) -> None:
        there: Receiver = self.server.receiver  # type: ignore[attr-defined]
        with suppress(OSError, ValueError):
            connection = there.secured(self.request)
            with connection, connection.makefile("rb") as lines:
                self._answer(there, connection, there.next_plan(_read(lines)))

    def _answer(self, there: Receiver, connection: socket.socket, plan: Plan) -> None:
        if isinstance(plan, _Silence):
            there.stopped.wait()
            return
        if isinstance(plan, Hold):
            plan.reached.set()
            plan.release.wait(60)
            plan = 204
        if isinstance(plan, int):
            plan = f"HTTP/1.1 {plan} -\r\nContent-Length: 0\r\n\r\n".encode()
        if isinstance(plan, Drip):
            connection.sendall(plan.first)
            for byte in _forever(plan.then):
                connection.sendall(byte)
                if there.stopped.wait(0.1):
                    return
        else:
            connection.sendall(plan)


def _forever(text: bytes) -> Iterable[bytes]:
    while True:
        yield from (bytes([byte]) for byte in text)


def _read(lines: BinaryIO) -> Heard:
    path = lines.readline().decode().split(" ")[1]
    headers = {}
    while line := lines.readline().decode().strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Heard(path, headers, lines.read(int(headers.get("content-length", 0))))


class _MovedTime(their_own.datetime):  # type: ignore[misc]
    """The package asks the system for the time; the receiver of a test lives in the test's."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return clock.now().astimezone(tz)


their_own.datetime = _MovedTime


def reports(there: Receiver) -> list[dict[str, Any]]:
    """Sentry's events among what was received: each envelope's items after its first line."""
    found = []
    for heard in there.heard:
        lines = brotli.decompress(heard.body).splitlines()
        found += [json.loads(line) for line in lines[2::2]]
    return found
