"""A PostgreSQL that falls silent is given up; one that only takes its time is waited for."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, TimeoutError

from tests.support.mute import MuteServer
from tests.support.postgres import PostgresServer
from webapp import connections, outages, postgresql_silence
from webapp.db import db
from webapp.outages import Outage


@pytest.fixture
def server(monkeypatch):
    """A PostgreSQL of this test's own, and less patience than a busy machine needs."""
    monkeypatch.setattr(postgresql_silence, "PATIENCE", 0.3)
    server = PostgresServer()
    yield server
    server.thaw()
    server.stop()


@pytest.fixture
def on_server(server, make_app):
    """The application over a database of that server."""
    app = make_app(DATABASE_URL=server.create_database("silent"))
    with app.app_context():
        yield server
        server.thaw()
        db.session.remove()
        db.engine.dispose()


def ask(statement="SELECT 1"):
    with db.engine.connect() as connection:
        return connection.scalar(text(statement))


def test_a_statement_that_takes_longer_than_patience_is_waited_for(on_server):
    assert ask("SELECT count(*) FROM pg_sleep(1.5)") == 1


def test_a_statement_in_a_frozen_server_is_given_up_and_the_next_fails_at_once(on_server):
    frozen = threading.Timer(0.2, on_server.freeze)
    frozen.start()
    with pytest.raises(OperationalError, match="does not answer") as error:
        ask("SELECT pg_sleep(60)")
    frozen.join()
    assert outages.of(error.value) is Outage.AWAY
    began = time.monotonic()
    for _ in range(100):
        with pytest.raises(OperationalError):
            ask()
    # Each alone would have waited for a connection as long as psycopg waits at least.
    assert time.monotonic() - began < 100 * postgresql_silence.CONNECT_SECONDS / 4


def test_it_goes_on_by_itself_once_the_server_does(on_server):
    assert ask() == 1
    on_server.freeze()
    with pytest.raises(OperationalError):
        ask()
    on_server.thaw()
    until = time.monotonic() + 30
    while True:
        try:
            assert ask() == 1
            return
        except OperationalError:
            assert time.monotonic() < until


def test_a_server_that_accepts_and_says_nothing_is_tried_once_by_all(make_app, monkeypatch):
    monkeypatch.setattr(postgresql_silence, "REST_SECONDS", 600.0)
    with MuteServer() as mute:
        app = make_app(DATABASE_URL=f"postgresql://u@127.0.0.1:{mute.port}/x")
        with app.app_context():
            for _ in range(5):
                with pytest.raises(OperationalError):
                    ask()
        assert mute.connections == 1


def test_a_server_that_refuses_connections_is_asked_each_time(make_app, postgres):
    url = postgres.create_database("refusing")
    postgres.drop_database(url)
    with make_app(DATABASE_URL=url).app_context():
        for _ in range(3):
            with pytest.raises(OperationalError, match="does not exist"):
                ask()


def test_a_connection_is_watched_whatever_makes_it(make_app, postgresql_template):
    with (
        postgresql_template.copy("watched") as url,
        make_app(DATABASE_URL=url).app_context(),
        db.engine.connect() as connection,
    ):
        driver = connection.connection.driver_connection
        assert isinstance(driver, postgresql_silence.WatchedConnection)
        assert isinstance(driver, psycopg.Connection)


def test_a_process_has_no_more_connections_than_it_may(make_app, postgresql_template, monkeypatch):
    monkeypatch.setattr(connections, "POOL_SECONDS", 0.1)
    with (
        postgresql_template.copy("pool") as url,
        make_app(DATABASE_URL=url, DATABASE_POOL_SIZE="2").app_context(),
    ):
        held = [db.engine.connect() for _ in range(2)]
        with pytest.raises(TimeoutError) as error:
            db.engine.connect()
        assert outages.of(error.value) is Outage.BUSY
        held.pop().close()
        db.engine.connect().close()
        held.pop().close()
