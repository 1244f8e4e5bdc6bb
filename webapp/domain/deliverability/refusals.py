"""Receiving sides that refuse our mail for a fault of ours: an alarm, one for each of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, text

from webapp import clock
from webapp.db import db
from webapp.domain.deliverability import fault_words
from webapp.models import Delivery, Organization
from webapp.models.delivery import REFUSED_US

LATELY = timedelta(hours=24)  # without another one for so long, it is taken to be over
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class RefusedMail:
    """The mails of a day that one receiving side refused with one code, and when."""

    receiver: str  # a provider, or a domain; empty once the address was erased
    code: str
    cause: str
    number: int
    since: datetime
    latest: datetime

    @property
    def words(self) -> str:
        """The fault in a few words; marked."""
        return fault_words.ours(self.cause)[0]

    @property
    def remedy(self) -> str:
        """What the operator can do; marked."""
        return fault_words.ours(self.cause)[1]


def lately(organization: Organization | None = None) -> list[RefusedMail]:
    """Who refused our mail in the last day, or an organization's, of at most COUNTED mails.

    The largest first.
    """
    # One that is still waiting was refused with its sender, and is tried again.
    is_recent = or_(Delivery.settled_at > clock.now() - LATELY, Delivery.settled_at.is_(None))
    when = func.coalesce(Delivery.settled_at, Delivery.tried_since)
    query = select(
        Delivery.recipient, Delivery.receiver, Delivery.code, Delivery.cause, when
    ).where(text(REFUSED_US), is_recent)
    if organization is not None:
        query = query.where(Delivery.organization_id == organization.id)
    rows = db.session.execute(query.order_by(when.desc()).limit(COUNTED)).all()
    times: dict[tuple[str, str, str], list[Any]] = {}
    for recipient, receiver, code, cause, at in rows:
        domain = recipient.rpartition("@")[2] if "@" in recipient else ""
        times.setdefault((receiver or domain, code or "", cause or ""), []).append(at)
    found = [RefusedMail(*key, len(at), min(at), max(at)) for key, at in times.items()]
    return sorted(found, key=lambda one: (-one.number, one.receiver))
