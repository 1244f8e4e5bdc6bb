"""What a composer returns when a mail is about to be sent: the letter, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from webapp.db import db
from webapp.mail_message import Letter
from webapp.models import Delivery, Organization, User


@dataclass(frozen=True, slots=True)
class Wait:
    """The mail stays in the queue; with a pause it is due again when the pause is over."""

    pause: timedelta = timedelta(0)
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """The mail is no longer worth sending; admins see why."""

    why: str


Composed = Letter | Wait | Drop
Composer = Callable[[Delivery], Composed]


def account(delivery: Delivery) -> User:
    """The account that the mail is about; the outbox has checked that it is not deleted."""
    return db.session.get_one(User, delivery.user_id)


def organization(delivery: Delivery) -> Organization:
    """The organization that the mail is sent for; the outbox has checked that it is active."""
    return db.session.get_one(Organization, delivery.organization_id)
