"""`python -m benchmarks.groups [--database sqlite|postgresql|both] [--rows n] [--members n]`

Invitations and members by group against the same lists without a filter: domain and page. Every
tenth invitation carries a second group. Target: a list by group within 1.3 times the whole one.
"""

from __future__ import annotations

import argparse
import functools
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import insert, select

from benchmarks.__main__ import DATABASES, stage
from benchmarks.million import BATCH, YEAR, fill, median
from benchmarks.stage import INVITATIONS, Stage
from tests import cast
from webapp import clock
from webapp.db import db
from webapp.domain.invitations import counts
from webapp.domain.invitations import table as invitation_table
from webapp.domain.invitations.table import InvitationFilters
from webapp.domain.organizations import member_table
from webapp.domain.organizations.member_table import MemberFilters
from webapp.models import Group, GroupMember, Invitation, InvitationGroup, Membership, User

GROUPS = 200
MEMBERS = "/orgs/acme/members"
Times = dict[str, tuple[float, float]]  # of the whole list, and by group


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
            print(f"{'':30}{'all':>12}{'by group':>14}{'ratio':>8}")
            for name, (whole, part) in measure(here).items():
                print(f"{name:30}{whole:>9.2f} ms{part:>11.2f} ms{part / whole:>8.2f}")


def prepare(here: Stage, rows: int, members: int) -> None:
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
    for start in range(0, members, BATCH):
        _join(acme, range(start, min(start + BATCH, members)), ids, chance)
    db.session.commit()


def _join(acme: dict[str, int], numbers: range, ids: list[int], chance: random.Random) -> None:
    now = clock.now()
    emails = [f"member-{n}@example.org" for n in numbers]
    people = [
        {"email": one, "email_key": one, "full_name": f"Person {one}", "password_hash": "x"}
        | {"created_at": now, "verified_at": now}
        for one in emails
    ]
    users = db.session.scalars(insert(User).returning(User.id), people).all()
    seats = [
        {**acme, "user_id": one, "role": "contributor", "status": "active", "joined_at": now}
        for one in users
    ]
    places = db.session.scalars(insert(Membership).returning(Membership.id), seats).all()
    inside = [
        {**acme, "group_id": chance.choice(ids), "membership_id": one, "added_at": now}
        for one in places
    ]
    db.session.execute(insert(GroupMember), inside)


def _batches(query: Any) -> Iterator[list[int]]:
    numbers = list(db.session.scalars(query))
    for start in range(0, len(numbers), BATCH):
        yield numbers[start : start + BATCH]


def measure(here: Stage) -> Times:
    """Milliseconds of each list as a whole, and by one group."""
    here.settle()
    acme = cast.organization()
    group = db.session.scalars(select(Group).where(Group.slug == "g100")).one()
    lists: dict[str, Callable[[int | None], object]] = {}
    for name, filters in {
        "invitations, newest": {},
        "invitations, oldest": {"sort": "created"},
        "invitations, pending": {"status": "pending"},
        "invitations, by address": {"sort": "email"},
    }.items():
        lists[name] = functools.partial(_invitations, acme, filters)
    lists["members"] = functools.partial(_members, acme)
    times = {
        name: (median(functools.partial(one, None)), median(functools.partial(one, group.id)))
        for name, one in lists.items()
    }
    for name, address in (("page: invitations", INVITATIONS), ("page: members", MEMBERS)):
        whole = median(functools.partial(_open, here, address))
        times[name] = whole, median(functools.partial(_open, here, f"{address}?group={group.slug}"))
    return times


def _invitations(acme: Any, filters: dict[str, Any], group_id: int | None) -> object:
    return invitation_table.page(acme, InvitationFilters.of(**filters, group_id=group_id))


def _members(acme: Any, group_id: int | None) -> object:
    return member_table.page(acme, MemberFilters.of(group_id=group_id))


def _open(here: Stage, address: str) -> None:
    here.ours(200, address, {"Cookie": here.cookies})


if __name__ == "__main__":
    main()
