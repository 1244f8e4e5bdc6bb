"""`python -m benchmarks.sizes [--mailed n] [--people n …]`

How large the tables get on PostgreSQL, all by the product's own ways: people invited by lists and
mailed, some of them joined, then more people invited only, as mailing them takes a while. What
docs/operating/scaling.md says of disks is from it.
"""

from __future__ import annotations

import argparse
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import select, text

from benchmarks.__main__ import stage
from benchmarks.stage import Stage
from tests import cast
from webapp.db import db
from webapp.domain import imports, outbox
from webapp.domain.imports import reading, runs
from webapp.domain.invitations import acceptances, counts
from webapp.models import Delivery, Invitation

A_DAY = 1_000_000  # the most that INVITATIONS_PER_ADMIN_PER_DAY can be
LIST = 20_000  # people of one list
JOIN = 20  # one of so many joins: each hashes a password
SIZES = text(
    "SELECT relname, n_live_tup, pg_table_size(relid), pg_indexes_size(relid) "
    "FROM pg_stat_user_tables WHERE n_live_tup > 100 ORDER BY pg_total_relation_size(relid) DESC"
)


def main() -> None:
    """Fill, measure, fill more, measure again."""
    asked = argparse.ArgumentParser(prog="benchmarks.sizes", description=__doc__)
    asked.add_argument("--mailed", type=int, default=20_000)
    asked.add_argument("--people", type=int, nargs="+", default=[100_000])
    wanted = asked.parse_args()
    if max(wanted.people) > A_DAY:
        asked.error(f"nobody invites more than {A_DAY:,} people a day")
    with stage("postgresql") as here:
        _report(here, "At the beginning")
        if wanted.mailed:
            _invite(here, wanted.mailed)
            _report(here, f"{wanted.mailed:,} invited by lists")
            _mail(here)
            _report(here, f"{wanted.mailed:,} invited and mailed")
            joined = _join(here, wanted.mailed // JOIN)
            _report(here, f"The same, and {joined:,} have joined")
        invited = wanted.mailed
        for people in wanted.people:
            _invite(here, people - invited)
            invited = people
            _report(here, f"{people:,} invited, {wanted.mailed:,} of them mailed")


def _invite(here: Stage, people: int) -> None:
    """That many, by lists that are started and worked off."""
    emails = iter(here.emails(people))
    with here.app.app_context():
        while some := list(islice(emails, LIST)):
            acme, priya = cast.organization(), cast.person()
            lines = partial(reading.pasted, "\n".join(some))
            made = imports.read(acme, lines, by=priya, role="contributor")
            imports.start(acme, made.id, by=priya)
            while imports.find(acme, made.id).is_running:
                runs.run_due()


def _mail(here: Stage) -> None:
    with here.app.app_context():
        while db.session.scalar(select(Delivery.id).where(Delivery.state == "queued").limit(1)):
            outbox.drain()


def _join(here: Stage, number: int) -> int:
    """That many of the newest pending invitations are opened and accepted."""
    with here.app.app_context():
        pending: Any = select(Invitation).where(Invitation.state == "pending")
        newest = pending.order_by(Invitation.id.desc()).limit(number)
        tokens = [cast.mailed_token(invitation) for invitation in db.session.scalars(newest)]
        for token in tokens:
            name = f"p{hash(token) % 10**12}"
            acceptances.accept(
                token, full_name="Ada Lovelace", username=name, password=cast.PASSWORD
            )
        return len(tokens)


def _report(here: Stage, heading: str) -> None:
    with here.app.app_context():
        counts.sum_up()
        autocommit = db.engine.execution_options(isolation_level="AUTOCOMMIT")
        with autocommit.connect() as connection:
            connection.execute(text("ANALYZE"))
            connection.execute(text("SELECT pg_stat_force_next_flush()"))
            sizes = connection.execute(SIZES).all()
            whole = connection.scalar(text("SELECT pg_database_size(current_database())"))
    print(f"\n{heading}: {whole / 1e6:.0f} MB in all")
    print(f"{'table':24}{'rows':>10}{'table MB':>10}{'indexes MB':>12}{'bytes a row':>13}")
    for name, rows, table, indexes in sizes:
        numbers = f"{table / 1e6:>10.1f}{indexes / 1e6:>12.1f}{(table + indexes) / rows:>13.0f}"
        print(f"{name:24}{rows:>10,}{numbers}", flush=True)


if __name__ == "__main__":
    main()
