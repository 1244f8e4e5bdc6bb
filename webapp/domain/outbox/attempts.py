"""Every attempt to send a mail: when it was made, and what the mail server replied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select

from webapp import clock
from webapp.db import db
from webapp.models import Delivery, DeliveryAttempt

SHOWN = 10  # attempts per mail; an outage can cause many


@dataclass(frozen=True, slots=True)
class Tries:
    """The newest attempts of one mail, newest first, and how many earlier ones there are."""

    rows: Sequence[DeliveryAttempt] = ()
    earlier: int = 0


def add(delivery: Delivery, result: str, words: str) -> None:
    """Record another attempt in the current transaction; the mail's row is already locked."""
    last = db.session.scalar(
        select(func.max(DeliveryAttempt.number)).where(DeliveryAttempt.delivery_id == delivery.id)
    )
    db.session.add(
        DeliveryAttempt(
            delivery_id=delivery.id,
            number=(last or 0) + 1,
            at=clock.now(),
            result=result,
            words=words,
        )
    )


def of(mails: Sequence[Delivery]) -> dict[int, Tries]:
    """The newest attempts of each mail by its id, in two queries."""
    last_numbers = db.session.execute(
        select(DeliveryAttempt.delivery_id, func.max(DeliveryAttempt.number))
        .where(DeliveryAttempt.delivery_id.in_([mail.id for mail in mails]))
        .group_by(DeliveryAttempt.delivery_id)
    )
    counts: dict[int, int] = dict(last_numbers.all())
    if not counts:
        return {}
    rows: dict[int, list[DeliveryAttempt]] = {mail_id: [] for mail_id in counts}
    for row in _newest(counts):
        rows[row.delivery_id].append(row)
    return {mail_id: Tries(rows[mail_id], max(counts[mail_id] - SHOWN, 0)) for mail_id in counts}


def _newest(counts: Mapping[int, int]) -> Iterable[DeliveryAttempt]:
    """The last SHOWN attempts of each mail, given how many it had; newest first."""
    attempt = DeliveryAttempt
    shown = (
        and_(attempt.delivery_id == mail_id, attempt.number > count - SHOWN)
        for mail_id, count in counts.items()
    )
    return db.session.scalars(
        select(attempt).where(or_(*shown)).order_by(attempt.delivery_id, attempt.number.desc())
    )
