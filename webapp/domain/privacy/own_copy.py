"""Everything that is kept about one person, for themselves."""

from __future__ import annotations

from typing import Any

from webapp.db import transaction
from webapp.domain import events
from webapp.domain.accounts import sessions
from webapp.domain.privacy import copies
from webapp.domain.privacy.people import Person
from webapp.models import User

EVENTS_MOST = 10_000  # the newest ones; more is for the operator's copy


@transaction()
def export(user: User) -> dict[str, Any]:
    """A copy of all that is kept about the account and its address; on record.

    An account that nobody has confirmed may be in a stranger's hands: of what is kept about the
    address, its holder sees only what the organization has whose link made it (rule 10).
    """
    events.record(
        sessions.last_used(user),
        "DataExported",
        by=user,
        user_id=user.id,
        what="a copy of their own data",
    )
    within = None if user.is_verified else user.confined_to_id or 0
    person = Person(user.email_key, user, within)
    return {"address": user.email} | copies.of(person, events_most=EVENTS_MOST)
