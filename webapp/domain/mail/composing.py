"""What the outbox is told about a mail at the moment in which it is sent: a letter, or why none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from webapp.db import db
from webapp.mail_message import Letter
from webapp.models import Delivery, Organization, User


@dataclass(frozen=True, slots=True)
class Wait:
    """The mail stays in the queue; with a pause it is looked at again, and tried, from then on."""

    pause: timedelta = timedelta(0)
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """The mail is not worth sending any more; admins read why."""

    why: str


Composed = Letter | Wait | Drop
Composer = Callable[[Delivery], Composed]


def account(delivery: Delivery) -> User:
    """Whose account the mail is about; the outbox has seen that it is not deleted."""
    return db.session.get_one(User, delivery.user_id)


def organization(delivery: Delivery) -> Organization:
    """In whose name the mail is sent; the outbox has seen that it is not suspended."""
    return db.session.get_one(Organization, delivery.organization_id)
