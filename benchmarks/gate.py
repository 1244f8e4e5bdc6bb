"""`python -m benchmarks.gate [--database sqlite|postgresql|both] [--sessions n]`

A check of `/gate/check` at a thousand sessions with a visit each and at many: the read alone, and
requests by eight at once over two workers, against a bare Flask view with one read. Both are asked
in turn in rounds of two seconds; the figures are medians of the rounds. p99: the 99th percentile.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import NamedTuple

from sqlalchemy import bindparam, func, select, text

from benchmarks.__main__ import DATABASES, stage
from benchmarks.clients import Errand, ask
from benchmarks.served import running
from benchmarks.stage import Stage
from tests import cast
from webapp import clock
from webapp.db import db
from webapp.domain.applications import visit_checks
from webapp.models import Application, Session

FEW, CHECKS, ROUNDS, SECONDS, AT_ONCE = 1000, 2000, 7, 2, 8

# Rows of numbers, and a random digest, on SQLite (True) and PostgreSQL.
SERIES = {
    True: (
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) "
        "SELECT i FROM n)",
        "lower(hex(randomblob(32)))",
    ),
    False: (
        "generate_series(1, CAST(:count AS integer))",
        "md5(random()::text) || md5(random()::text)",
    ),
}
SESSIONS = """
    INSERT INTO sessions
        (user_id, token_hash, created_at, last_used_at, expires_at, address, device)
    SELECT :person, {digest}, :now, :now, :later, '', '' FROM {series} AS numbers
"""
VISITS = """
    INSERT INTO visits (organization_id, application_id, session_id, digest, state_digest,
        created_at, entered_at, ends_at)
    SELECT :organization, :application, id, {digest}, '', :now, :now, :later
    FROM sessions WHERE id > :last
"""


class Figures(NamedTuple):
    """Milliseconds, but for the last: how many requests of ours for one of the floor's."""

    read_alone: float
    ours_p50: float
    ours_p99: float
    floor_p50: float
    floor_p99: float
    requests_a_second: float


def main() -> None:
    """Measure, fill, measure again."""
    asked = argparse.ArgumentParser(prog="benchmarks.gate", description=__doc__)
    asked.add_argument("--database", choices=DATABASES, default="both")
    asked.add_argument("--sessions", type=int, default=1_000_000)
    wanted = asked.parse_args()
    for database in DATABASES[wanted.database]:
        with stage(database) as here:
            token = here.visit()
            fill(here, FEW)
            few = measure(here, token)
            fill(here, wanted.sessions - FEW)
            many = measure(here, token)
        print(f"{database:20}{FEW:>12,}{wanted.sessions:>14,}{'ratio':>8}")
        for name, before, after in zip(Figures._fields, few, many, strict=True):
            unit = "x floor" if name == Figures._fields[-1] else "ms"
            print(
                f"{name:20}{before:>12.3f}{after:>14.3f}{after / before:>8.2f}  {unit}", flush=True
            )


def fill(here: Stage, count: int) -> None:
    """As many sessions more, each with a visit to the application, all made in the database."""
    now, later = clock.now(), clock.now() + timedelta(days=7)
    with here.app.app_context():
        application = db.session.query(Application).first()
        assert application
        on_sqlite = db.engine.dialect.name == "sqlite"
        values = {
            "count": count,
            "now": now,
            "later": later,
            "person": cast.person(cast.CHEN).id,
            "organization": application.organization_id,
            "application": application.id,
            "last": db.session.scalar(select(func.max(Session.id))) or 0,
        }
        moments = [bindparam(name, type_=Session.created_at.type) for name in ("now", "later")]
        series, digest = SERIES[on_sqlite]
        for statement in (SESSIONS, VISITS):
            ready = text(statement.format(series=series, digest=digest)).bindparams(*moments)
            db.session.execute(ready, values)
        db.session.commit()


def measure(here: Stage, token: str) -> Figures:
    """The figures of a visit among those that there are."""
    here.settle()
    with here.app.app_context():
        reads = [_read(token) for _ in range(CHECKS)]
    floor = {
        "DATABASE_URL": here.environment["DATABASE_URL"],
        "FLOOR_IDS": f"{here.organization_id} {here.priya_id}",
    }
    cookie = f"gatehouse-visit={token}"
    with ExitStack() as stack:
        port = stack.enter_context(running("wsgi:app", here.environment, workers=2))
        bare = stack.enter_context(running("benchmarks.floors:served()", floor, workers=2))
        errands = [
            Errand(port, "/gate/check?application=acme/app-0", cookie),
            Errand(bare, "/visit", cookie),
        ]
        rounds = [[ask([one], AT_ONCE, SECONDS) for one in errands] for _ in range(ROUNDS)]
    assert not any(taken.failed for both in rounds for taken in both)
    times = [(*ours[1:3], *floor[1:3]) for ours, floor in rounds]
    return Figures(
        1000 * median(reads),
        *(1000 * median(column) for column in zip(*times, strict=True)),
        median(ours.rate / floor.rate for ours, floor in rounds),
    )


def _read(token: str) -> float:
    began = perf_counter()
    assert visit_checks.check(token) is not None
    return perf_counter() - began


if __name__ == "__main__":
    main()
