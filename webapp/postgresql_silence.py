"""PostgreSQL that falls silent is found out within two seconds, however long statements may take.

A frozen server, or one behind a cut cable, keeps its connections: nothing tells us, and a statement
would be waited for without end. A limit on statements would end honest ones, too. So whoever waits
for more than a second asks the server for a sign of life, over a connection of its own.
"""

from __future__ import annotations

import socket
from collections import defaultdict
from time import monotonic
from typing import Any

import psycopg
from psycopg import conninfo
from psycopg.abc import PQGen
from psycopg.waiting import Ready

from webapp.breakers import Breaker

PATIENCE = 1.0  # seconds without an answer, before asking for a sign of life
SIGN_SECONDS = 1.0
CONNECT_SECONDS = 2  # psycopg's least
REST_SECONDS = 1.0
SILENT = "the server does not answer"
# Answered with one letter before sign-in, and so also when all connections are taken: the
# documentation of PostgreSQL, "Message Formats", SSLRequest.
SSL_REQUEST = bytes.fromhex("0000000804d2162f")

_breakers: defaultdict[str, Breaker] = defaultdict(lambda: Breaker(REST_SECONDS))


class WatchedConnection(psycopg.Connection[Any]):
    """A connection that is given up when its server shows no sign of life."""

    breaker = Breaker(REST_SECONDS)

    def wait(self, gen: PQGen[Any], *args: Any, **named: Any) -> Any:
        return super().wait(_watched(self, gen), *args, **named)


def connect(*args: Any, **named: Any) -> WatchedConnection:
    """Like psycopg's; soon after a server did not answer it raises OperationalError at once."""
    breaker = _breakers[_server(*args, **named)]
    if not breaker.lets():
        raise psycopg.OperationalError(SILENT)
    try:
        connection = WatchedConnection.connect(*args, **named)
    except psycopg.errors.ConnectionTimeout:
        breaker.failed()
        raise
    except psycopg.OperationalError:
        breaker.worked()  # it refuses, so it is there
        raise
    breaker.worked()
    connection.breaker = breaker
    return connection


def _server(*args: Any, **named: Any) -> str:
    given = conninfo.conninfo_to_dict(
        *args, **{name: named[name] for name in ("host", "hostaddr", "port") if name in named}
    )
    return f"{given.get('hostaddr')} {given.get('host')} {given.get('port')}"


def _watched(connection: WatchedConnection, gen: PQGen[Any]) -> PQGen[Any]:
    """Pass on what psycopg waits for; ask for a sign of life whenever patience ends."""
    patient_until = monotonic() + PATIENCE
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready == Ready.NONE and monotonic() > patient_until:
                _ask(connection)
                patient_until = monotonic() + PATIENCE
            wanted = gen.send(ready)
    except StopIteration as done:
        return done.value


def _ask(connection: WatchedConnection) -> None:
    """Close the connection and raise OperationalError if its server gives no sign of life."""
    try:
        shows_life = _shows_life(connection.pgconn)
    except OSError:
        shows_life = False
    if not shows_life:
        connection.breaker.failed()
        connection.pgconn.finish()
        raise psycopg.OperationalError(SILENT)


def _shows_life(pgconn: Any) -> bool:
    host, port = pgconn.host.decode(), pgconn.port.decode()
    if host.startswith("/"):
        line = socket.socket(socket.AF_UNIX)
        address: Any = f"{host}/.s.PGSQL.{port}"
    else:
        line = socket.create_connection((pgconn.hostaddr.decode() or host, port), SIGN_SECONDS)
        address = None
    with line:
        line.settimeout(SIGN_SECONDS)
        if address:
            line.connect(address)
        line.sendall(SSL_REQUEST)
        return bool(line.recv(1))
