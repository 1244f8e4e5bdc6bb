"""Members in groups, as many as wanted."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from sqlalchemy import insert

from webapp import clock
from webapp.db import db
from webapp.models import GroupMember, Membership, User


def join(
    organization_id: int, numbers: Iterable[int], group_ids: Sequence[int], chance: random.Random
) -> None:
    """One contributor for each number, each in one of the groups; the caller commits."""
    now, here = clock.now(), {"organization_id": organization_id}
    emails = [f"member-{n}@example.org" for n in numbers]
    people = [
        {"email": one, "email_key": one, "full_name": f"Person {one}", "password_hash": "x"}
        | {"created_at": now, "verified_at": now}
        for one in emails
    ]
    users = db.session.scalars(insert(User).returning(User.id), people).all()
    seats = [
        {**here, "user_id": one, "role": "contributor", "status": "active", "joined_at": now}
        for one in users
    ]
    places = db.session.scalars(insert(Membership).returning(Membership.id), seats).all()
    inside = [
        {**here, "group_id": chance.choice(group_ids), "membership_id": one, "added_at": now}
        for one in places
    ]
    db.session.execute(insert(GroupMember), inside)
