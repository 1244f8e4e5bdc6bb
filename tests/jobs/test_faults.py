"""Bad days of a whole installation under load: `make faults` has the long forms, with figures.

Each breaks one part while people read and invite. Whatever happens: every request is answered, by
a page or by 503 with the time to come again; whoever was told "sent" is invited and mailed once;
and all goes on by itself when the part is back.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

import pytest

from tests.support.gunicorn import serving
from tests.support.load import Load
from tests.support.postgres import PostgresServer
from tests.support.processes import wait_until
from webapp.db import db
from webapp.models import Delivery, Invitation

LONG = bool(os.environ.get("FAULTS_LONG"))
PAGE_SECONDS = 3.0


@pytest.fixture
def settings(settings):
    return {**settings, "INVITATIONS_PER_ADMIN_PER_DAY": "100000"}


@pytest.fixture
def web(settings, tmp_path, secrets):
    """The web processes; nothing secret is in their log."""
    log = tmp_path / "web.log"
    with serving(settings, log) as server:
        yield server
    assert not secrets.found_in(log.read_text())
    print(log.read_text()) if os.environ.get("SHOW") else None


@pytest.fixture
def own_postgres():
    """A PostgreSQL that this test may stop."""
    server = PostgresServer()
    yield server
    server.thaw()
    server.stop()


@pytest.fixture
def database(request, own_postgres, sqlite_template, postgresql_template):
    from tests.support.templates import Template

    with Template(own_postgres).copy("of_the_test") as url:
        yield url


def test_a_postgresql_that_is_restarted_at_once(app, web, process, smtp, own_postgres):
    process("jobs.worker")
    process("jobs.schedule")
    with Load(web.port) as load:
        wait_until(lambda: len(load.answers) > 20)
        own_postgres.restart_immediately()
        after = len(load.answers)
        wait_until(lambda: load.went_well_since(after))
    print(load.statuses, load.slowest)
    assert set(load.statuses) <= {200, 303, 503}


def test_a_postgresql_that_is_frozen(app, web, smtp, own_postgres):
    with Load(web.port) as load:
        wait_until(lambda: len(load.answers) > 20)
        own_postgres.freeze()
        import time

        time.sleep(4)
        own_postgres.thaw()
        after = len(load.answers)
        wait_until(lambda: load.went_well_since(after))
    print(load.statuses, load.slowest)
    assert set(load.statuses) <= {200, 303, 503}
