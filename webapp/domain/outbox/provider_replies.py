"""Which mail a provider means by a number of its own: the one that it took with that number.

A relay's last reply, like `250 Ok: queued as …`, often has the number by which it calls the mail
from then on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from webapp.db import db
from webapp.models import DeliveryAttempt
from webapp.smtp import Result

NEAR = timedelta(hours=1)  # between its clock and ours, and between taking a mail and saying so
SHORTEST = 16  # of a number that cannot stand in a reply by accident


def delivery_id(data: dict[str, Any]) -> int | None:
    """The mail whose taking was answered with the event's `email_id` or `message_id`, if one was.

    Only mails sent about when the provider made its own are looked at: their index is by time.
    """
    own = _text(data.get("email_id")), _text(data.get("message_id")).strip(" <>").partition("@")[0]
    numbers = [number for number in own if len(number) >= SHORTEST]
    try:
        at = datetime.fromisoformat(_text(data.get("created_at")))
        earliest, latest = at - NEAR, at + NEAR
    except (ValueError, OverflowError):
        return None
    if not numbers or at.tzinfo is None:
        return None
    query = select(DeliveryAttempt.delivery_id).where(
        DeliveryAttempt.at.between(earliest, latest),
        DeliveryAttempt.result == Result.SENT.value,
        or_(*(DeliveryAttempt.words.contains(number, autoescape=True) for number in numbers)),
    )
    found = db.session.scalars(query.limit(2)).all()
    return found[0] if len(found) == 1 else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value.isascii() and value.isprintable() else ""
