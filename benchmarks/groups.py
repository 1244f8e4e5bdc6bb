"""`python -m benchmarks.groups [--database sqlite|postgresql|both] [--rows n] [--members n]`

Invitations and members by group against the same lists without a filter: query and page, by the
processor's time, the database server's with it, both in turn. Every tenth invitation carries a
second group. Target: the page of a group within 1.3 times the page without.
"""

from __future__ import annotations

import argparse
import functools
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import insert, select

from benchmarks.__main__ import DATABASES, stage
from benchmarks.lists import Processor
from benchmarks.members import join
from benchmarks.million import BATCH, STATES, YEAR, fill
from benchmarks.stage import INVITATIONS, MEMBERS, Stage
from tests import cast
from webapp import clock
from webapp.db import db
from webapp.domain.invitations import counts
from webapp.domain.invitations import table as invitation_table
from webapp.domain.invitations.table import InvitationFilters
from webapp.domain.organizations import member_table
from webapp.domain.organizations.member_table import MemberFilters
from webapp.models import Group, Invitation, InvitationGroup

GROUPS = 200
TURNS, ROUNDS = 3, 7
LISTS: dict[str, dict[str, Any]] = {
    "newest": {},
    "oldest": {"sort": "created"},
    "by address": {"sort": "email"},
    "last address": {"sort": "-email"},
    "by end": {"sort": "expires"},
    "last end": {"sort": "-expires"},
    **{state: {"status": state} for state in STATES},
    "pending, by address": {"status": "pending", "sort": "email"},
    "revoked, by address": {"status": "revoked", "sort": "email"},
    "declined, by end": {"status": "declined", "sort": "expires"},
    "sent": {"delivery": "sent"},
    "failed": {"delivery": "failed"},
    "of an inviter": {"inviter": True},
    "of an inviter, by address": {"inviter": True, "sort": "email"},
}
Asked = Callable[[], object]
Pairs = dict[str, tuple[Asked, Asked]]  # of the whole list, and by group


def main() -> None:
    """Fill, measure, and print each list with its ratio."""
    asked = argparse.ArgumentParser(prog="benchmarks.groups", description=__doc__)
    asked.add_argument("--database", choices=DATABASES, default="both")
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--members", type=int, default=100_000)
    wanted = asked.parse_args()
    for database in DATABASES[wanted.database]:
        with stage(database) as here, here.app.app_context():
            began = time.perf_counter()
            prepare(here, wanted.rows, wanted.members)
            took = time.perf_counter() - began
            print(
                f"{database}: {wanted.rows:,} invitations, {wanted.members:,} members, {took:.0f} s"
            )
            print(f"{'processor, ms':28}{'query':>8}{'by group':>10}{'ratio':>7}", end="")
            print(f"{'page':>10}{'by group':>10}{'ratio':>7}")
            for name, cells in measure(here).items():
                print(f"{name:28}" + "".join(cells), flush=True)


def prepare(here: Stage, rows: int, people: int) -> None:
    """Make the groups, and so many invitations and members of them."""
    chance = random.Random(1)  # the same rows every time
    now = clock.now()
    acme = {"organization_id": here.organization_id}
    numbers = range(GROUPS)
    groups = [
        {**acme, "slug": f"g{n:03}", "name": f"Group {n}", "created_at": now} for n in numbers
    ]
    db.session.execute(insert(Group), groups)
    db.session.commit()
    ids = list(db.session.scalars(select(Group.id)))
    apart = YEAR / rows
    for start in range(0, rows, BATCH):
        fill(here, chance, range(start, min(start + BATCH, rows)), apart)
    counts.sum_up()
    ours = Invitation.organization_id == here.organization_id
    for batch in _batches(select(Invitation.id).where(ours).order_by(Invitation.id)):
        carried = [
            {**acme, "group_id": group_id, "invitation_id": number}
            for number in batch
            for group_id in chance.sample(ids, 2 if chance.random() < 0.1 else 1)
        ]
        db.session.execute(insert(InvitationGroup), carried)
    for start in range(0, people, BATCH):
        join(here.organization_id, range(start, min(start + BATCH, people)), ids, chance)
    db.session.commit()


def _batches(query: Any) -> Iterator[list[int]]:
    numbers = list(db.session.scalars(query))
    for start in range(0, len(numbers), BATCH):
        yield numbers[start : start + BATCH]


def measure(here: Stage) -> dict[str, list[str]]:
    """Processor milliseconds of each list as a whole and by one group, and their ratio."""
    here.settle()
    cpu = Processor(here)
    acme, priya = cast.organization(), cast.person()
    group = db.session.scalars(select(Group).where(Group.slug == "g100")).one()
    cells: dict[str, list[str]] = {}
    queries, pages = _queries(acme, priya.id, group.id), _pages(here, priya.id, group.slug)
    for name in queries:
        cells[name] = []
        for pair in (queries[name], pages[name]):
            whole, part = _in_turn(cpu, *pair)
            cells[name] += [f"{whole:>8.2f}", f"{part:>10.2f}", f"{part / whole:>7.2f}", "  "]
    return cells


def _in_turn(cpu: Processor, whole: Asked, part: Asked) -> list[float]:
    """The medians of both."""
    costs: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + 1):
        for ask, into in zip((whole, part), costs, strict=True):
            cost = cpu.cost(functools.partial(_often, ask))
            if turn:  # the first warms up
                into.append(1000 * cost.processor / TURNS)
    return [statistics.median(one) for one in costs]


def _often(ask: Asked) -> None:
    for _ in range(TURNS):
        db.session.rollback()
        ask()
    db.session.rollback()


def _queries(acme: Any, inviter_id: int, group_id: int) -> Pairs:
    def invitations(facts: dict[str, Any], group_id: int | None) -> Asked:
        inviter = inviter_id if facts.get("inviter") else None
        rest = {name: value for name, value in facts.items() if name != "inviter"}
        filters = InvitationFilters.of(**rest, inviter_id=inviter, group_id=group_id)
        return functools.partial(invitation_table.lines, acme, filters)

    def members(group_id: int | None) -> Asked:
        return functools.partial(member_table.page, acme, MemberFilters.of(group_id=group_id))

    lists = {name: (invitations(f, None), invitations(f, group_id)) for name, f in LISTS.items()}
    return {**lists, "members": (members(None), members(group_id))}


def _pages(here: Stage, inviter_id: int, slug: str) -> Pairs:
    def page(address: str, facts: dict[str, Any]) -> Asked:
        facts = {**facts, "inviter": inviter_id} if "inviter" in facts else facts
        return functools.partial(_open, here, f"{address}?{urlencode(facts)}")

    lists = {
        name: (page(INVITATIONS, f), page(INVITATIONS, {**f, "group": slug}))
        for name, f in LISTS.items()
    }
    return {**lists, "members": (page(MEMBERS, {}), page(MEMBERS, {"group": slug}))}


def _open(here: Stage, address: str) -> None:
    here.ours(200, address, {"Cookie": here.cookies})


if __name__ == "__main__":
    main()
