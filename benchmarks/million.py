"""`python -m benchmarks.million [--database sqlite|postgresql|both] [--rows n]`

The table of invitations at a thousand rows and at many, each way to ask for it, its page as a
browser gets it, and the report; the ratio is what the size of the table costs.
"""

from __future__ import annotations

import argparse
import functools
import random
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import insert

from benchmarks.__main__ import DATABASES, stage
from benchmarks.stage import INVITATIONS, Stage
from tests import cast
from webapp import clock
from webapp.db import db
from webapp.domain import reports
from webapp.domain.invitations import counts, tallies
from webapp.domain.invitations import table as invitation_table
from webapp.domain.invitations.table import InvitationFilters as Filters
from webapp.domain.reports import periods
from webapp.models import Invitation

FEW, ROUNDS, BATCH = 1000, 9, 10_000
YEAR = timedelta(days=365)  # the time in which they were made, evenly
STATES = {"accepted": 60, "expired": 15, "revoked": 4, "declined": 1, "pending": 20}
DELIVERIES = {"sent": 9900, "failed": 60, "bounced": 30, "queued": 10}
FIRST = ("anna", "bo", "chen", "dora", "emil", "fatima", "goran", "hana", "ivan", "julia", "karl")
LAST = ("smith", "mueller", "garcia", "rossi", "novak", "kim", "tanaka", "okafor", "silva", "lima")
HOSTS = ("example.org", "school.example", "uni.example")
FILTERS: dict[str, dict[str, Any]] = {
    "newest": {},
    "pending": {"status": "pending"},
    "expired": {"status": "expired"},
    "declined": {"status": "declined"},
    "by address": {"sort": "email"},
    "by end": {"sort": "expires"},
    "pending, by address": {"status": "pending", "sort": "-email"},
    "expired, by end": {"status": "expired", "sort": "expires"},
    "failed": {"delivery": "failed"},
    "failed, by address": {"delivery": "failed", "sort": "email"},
    "search: common": {"q": "example"},
    "search: a name": {"q": "anna.smith1"},
    "search: rare": {"q": "novak123"},
    "search: rare, by address": {"q": "novak123", "sort": "email"},
    "search: rare, pending": {"q": "novak123", "status": "pending"},
    "search: absent": {"q": "zzqx"},
    "search: two letters, absent": {"q": "zq"},
}
PAGES = ("newest", "pending", "search: common", "search: a name", "search: rare", "search: absent")


def main() -> None:
    """Fill, measure, fill more, measure again."""
    asked = argparse.ArgumentParser(prog="benchmarks.million", description=__doc__)
    asked.add_argument("--database", choices=DATABASES, default="both")
    asked.add_argument("--rows", type=int, default=1_000_000)
    wanted = asked.parse_args()
    for database in DATABASES[wanted.database]:
        with stage(database) as here, here.app.app_context():
            chance = random.Random(1)  # the same rows every time
            apart = YEAR / wanted.rows
            fill(here, chance, range(FEW), apart)
            few = measure(here)
            began = time.perf_counter()
            for start in range(FEW, wanted.rows, BATCH):
                fill(here, chance, range(start, min(start + BATCH, wanted.rows)), apart)
            print(f"{database}: {wanted.rows:,} rows after {time.perf_counter() - began:.0f} s")
            counts.sum_up()
            many = measure(here)
        print(f"{'':30}{FEW:>12,}{wanted.rows:>14,}{'ratio':>8}")
        for name, before in few.items():
            print(f"{name:30}{before:>9.2f} ms{many[name]:>11.2f} ms{many[name] / before:>8.2f}")


def fill(here: Stage, chance: random.Random, numbers: range, apart: timedelta) -> None:
    """More invitations of every kind, as many people as in the life of a large organization."""
    now = clock.now()
    rows = []
    for number in numbers:
        email = f"{chance.choice(FIRST)}.{chance.choice(LAST)}{number}@{chance.choice(HOSTS)}"
        state, delivery = (_one_of(chance, kinds) for kinds in (STATES, DELIVERIES))
        made = now - YEAR + number * apart
        ended = None if state == "pending" else made + timedelta(days=chance.expovariate(1))
        rows.append(
            {
                "organization_id": here.organization_id,
                "email": email,
                "email_key": email,
                "words": email,
                "role": "contributor",
                "inviter_id": here.priya_id,
                "expiry_days": 7,
                "created_at": made,
                "expires_at": now + timedelta(days=7, seconds=number % 600_000),
                "secret": bytes(32),
                "link_number": 1,
                "earlier_links": "",
                "state": state,
                "delivery_state": delivery,
                "opened_at": ended,
                "ended_at": ended,
            }
        )
    db.session.execute(insert(Invitation), rows)
    db.session.commit()


def measure(here: Stage) -> dict[str, float]:
    """Milliseconds of the first page for each of FILTERS, of the last page, and of the counts."""
    here.settle()
    acme = cast.organization()
    table = invitation_table.page
    times = {
        name: median(functools.partial(table, acme, Filters.of(**filters)))
        for name, filters in FILTERS.items()
    }
    times["newest, last page"] = median(functools.partial(table, acme, Filters.of(), last=True))
    times["counts"] = median(lambda: counts.by_status(acme))
    for name, filters in FILTERS.items():
        if Filters.of(**filters).is_narrow:
            criteria, among = Filters.of(**filters).criteria, counts.by_status(acme).total()
            tally = functools.partial(tallies.of, acme, criteria, among)
            times[f"tally of {name}"] = median(tally)
    times |= {f"page: {name}": median(functools.partial(_open, here, name)) for name in PAGES}
    for name, first in {
        "report: twelve weeks": None,
        "report: a year": f"{clock.now() - YEAR:%F}",
    }.items():
        period = periods.read(first, None, "Europe/Berlin")
        times[name] = median(functools.partial(reports.invitations, acme, period))
    return times


def _open(here: Stage, name: str) -> None:
    here.ours(200, f"{INVITATIONS}?{urlencode(FILTERS[name])}", {"Cookie": here.cookies})


def median(ask: Callable[[], object]) -> float:
    """Milliseconds of an act, the median of ROUNDS after one that is not counted."""
    ask()
    taken = []
    for _ in range(ROUNDS):
        db.session.rollback()
        began = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - began))
    db.session.rollback()
    return statistics.median(taken)


def _one_of(chance: random.Random, kinds: dict[str, int]) -> str:
    return chance.choices(list(kinds), list(kinds.values()))[0]


if __name__ == "__main__":
    main()
