"""Everything that is kept about one address in all organizations, for the operator."""

from __future__ import annotations

from typing import Any

from webapp.db import transaction
from webapp.domain import addresses, events
from webapp.domain.accounts import people
from webapp.domain.errors import NotFound
from webapp.domain.events import OPERATOR
from webapp.domain.privacy import copies, person_erasures
from webapp.domain.privacy.people import Person
from webapp.models import Organization


@transaction()
def export(email: str) -> dict[str, Any]:
    """A copy of all that is kept; raises NotFound when nothing is.

    On record in every organization concerned.
    """
    key = addresses.parse(email).key
    user = people.by_key(key)
    copy = copies.of(Person(key, user))
    if copies.is_empty(copy):
        raise NotFound(f"Nothing is kept about {email}.")
    trails: list[Organization | None] = [*person_erasures.places(key, user)] or [None]
    for trail in trails:
        events.record(
            trail,
            "DataExported",
            by=OPERATOR,
            user_id=user.id if user else None,
            what="a copy of all that is kept about a person",
        )
    return {"address": email} | copy
