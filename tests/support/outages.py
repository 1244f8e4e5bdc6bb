"""A database in trouble: one that is full, held by another writer, or only to be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import make_url
from werkzeug.test import TestResponse

from webapp.db import db

SOON = 50  # milliseconds that another writer is waited for in these tests


Block = Callable[[], AbstractContextManager[None]]


def troubles(app: Flask, url: str) -> list[tuple[str, Block]]:
    """The kinds that this database can be in: each a word, and a block in which it is."""
    own = "sqlite" if url.startswith("sqlite") else "postgresql"
    return [
        (word, partial(begin, app, url)) for (name, word), begin in KINDS.items() if name == own
    ]


def renew(app: Flask) -> None:
    """Let the application make new connections."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def connecting(app: Flask, prepare: Callable[[Any, Any], None]) -> Iterator[None]:
    """New connections of the application are prepared like this."""
    with app.app_context():
        engine = db.engine
    event.listen(engine, "connect", prepare)
    renew(app)
    yield
    event.remove(engine, "connect", prepare)
    renew(app)


def no_larger(connection: Any, _record: Any) -> None:
    """The file cannot grow."""
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")


def only_to_read(connection: Any, _record: Any) -> None:
    """Writing is refused."""
    connection.execute("PRAGMA query_only=ON")


def impatient(connection: Any, _record: Any) -> None:
    """Another writer is not waited for as long."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute(f"PRAGMA busy_timeout={SOON}")
    else:
        connection.execute(f"SET lock_timeout = {SOON}")


@contextmanager
def held(app: Flask, url: str) -> Iterator[None]:
    """Somebody else writes and does not end."""
    with connecting(app, impatient):
        if url.startswith("sqlite"):
            other: Any = sqlite3.connect(make_url(url).database, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
        else:
            other = psycopg.connect(url.replace("+psycopg", ""))
            other.execute("LOCK TABLE events, user_invitations, sessions IN EXCLUSIVE MODE")
        yield
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def read_only(app: Flask, url: str) -> Iterator[None]:
    """The server takes no writes."""
    name = make_url(url).database
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        renew(app)
        yield
        renew(app)
        other.execute("SET default_transaction_read_only = off")
        other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = off")


KINDS = {
    ("sqlite", "full"): lambda app, url: connecting(app, no_larger),
    ("sqlite", "busy"): held,
    ("sqlite", "read-only"): lambda app, url: connecting(app, only_to_read),
    ("postgresql", "busy"): held,
    ("postgresql", "read-only"): read_only,
}

WORDS = {
    "busy": ("The site is too busy", "Nothing was changed.", "5"),
    "full": ("Nothing can be saved right now", "Nothing was changed.", "60"),
    "read-only": ("Nothing can be saved right now", "Nothing was changed.", "60"),
}


def until(email: str, act: Callable[..., TestResponse], **options: Any) -> TestResponse:
    """The first 503 to one address after the other: a full database has a little room yet."""
    for number in range(200):
        answer = act(email.format(number), **options)
        if answer.status_code == 503:
            return answer
    raise AssertionError(f"it was taken: {answer.status_code}")
