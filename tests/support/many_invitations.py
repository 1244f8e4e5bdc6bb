"""Invitations of every kind, for tests of the table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

from sqlalchemy import insert

from tests import cast
from webapp import clock
from webapp.db import db, transaction
from webapp.models import Invitation

STATES = ["pending", "accepted", "expired", "revoked", "declined"]
DELIVERIES = [None, "queued", "sent", "failed", "bounced"]
NAMES = ["anna", "Bo", "chén", "MÜLLER", "o'neil", "100%_sure", 'say "hi"', "straße", "Ἀθηνᾶ"]


def fill() -> None:
    """Sixty invitations in Acme, and as many of Evil Corp among them."""
    own = {"organization_id": cast.organization().id, "inviter_id": cast.person().id}
    evil = {"organization_id": cast.organization("evil").id, "inviter_id": None}
    both = ([_row(n, **own), _row(n, **evil)] for n in range(60))
    _put(list(chain.from_iterable(both)))
    db.session.rollback()


def fill_open(count: int) -> None:
    """So many open invitations in Acme by its admin: gus0@example.org and so on, all mailed."""
    own = {"organization_id": cast.organization().id, "inviter_id": cast.person().id}
    ends = clock.now() + timedelta(days=7)
    end = {"state": "pending", "delivery_state": "sent", "expires_at": ends}
    emails = (f"gus{number}@example.org" for number in range(count))
    _put([_row(1, **own) | end | {"name": None, "email": one, "email_key": one} for one in emails])
    db.session.rollback()


@transaction()
def _put(rows: Sequence[dict[str, Any]]) -> None:
    db.session.execute(insert(Invitation), rows)


def _row(number: int, organization_id: int, inviter_id: int | None) -> dict[str, Any]:
    email = f"p{number}.{number % 7}@example{number % 3}.org"
    now = clock.now()
    return {
        "organization_id": organization_id,
        "email": email,
        "email_key": email,
        "name": f"{NAMES[number % len(NAMES)]} {number}",
        "role": "contributor",
        "inviter_id": inviter_id if number % 4 else None,
        "expiry_days": 7,
        "created_at": now,
        "expires_at": now + timedelta(minutes=(number * 37) % 50 - 10),
        "secret": bytes(32),
        "link_number": 1,
        "earlier_links": "",
        "state": STATES[number * 3 % len(STATES)],
        "delivery_state": DELIVERIES[number // 2 % len(DELIVERIES)],
    }
