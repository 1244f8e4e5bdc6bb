"""An organization's mail: which is waiting, failed or bounced, and which addresses are blocked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select, text

from webapp import clock
from webapp.db import db
from webapp.domain import pagination
from webapp.domain.pagination import Page
from webapp.models import Delivery, Invitation, Organization, Suppression
from webapp.models.delivery import FAILING, SENDING, TROUBLE, WAITING

SIZE = 50
COUNTED = 1000  # beyond it, a page says "more than"
SUPPRESSED = "suppressed"
# The mails of each kind, by the condition of the index that finds them.
MAILS = {
    "bounced": f"{TROUBLE} AND state = 'bounced'",
    "failed": f"{TROUBLE} AND state = 'failed'",
    "unknown": f"{TROUBLE} AND state = 'unknown'",
    "failing": FAILING,
    "waiting": WAITING,
}
KINDS = (*MAILS, SUPPRESSED)
# With its invitation, if it has one: mails that confirm an address do not.
Mail = tuple[Delivery, Invitation | None]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Mails that may have been delivered or not, at most COUNTED + 1 each; the oldest's time."""

    unknown: int  # the connection broke after it was handed over
    lost: int  # the worker stopped in the middle; sent again when the next worker finds them
    since: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """How many mails each kind has, at most COUNTED + 1, and since when the oldest is due."""

    counts: dict[str, int]
    due_since: datetime | None
    doubt: Doubt | None = None

    @property
    def worst(self) -> str:
        """The kind to look at first."""
        return next((kind for kind in MAILS if self.counts[kind]), "waiting")


def of(organization: Organization) -> Health:
    """The organization's figures; no count reads more than COUNTED + 1 entries of its index.

    Mails about an account, like new passwords, belong to no organization and are not counted.
    """
    counts = {kind: _count(_mails(organization, kind)) for kind in MAILS}
    counts[SUPPRESSED] = _count(_suppressions(organization))
    oldest = db.session.scalar(
        select(func.min(Delivery.due_at)).where(
            Delivery.organization_id == organization.id, text(WAITING)
        )
    )
    due_since = oldest if oldest and oldest <= clock.now() else None
    return Health(counts, due_since, _doubt(organization, counts["unknown"]))


def _doubt(organization: Organization, unknown: int) -> Doubt | None:
    lost = select(Delivery.due_at).where(
        text(SENDING),
        Delivery.due_at <= clock.now(),  # its lease has run out
        Delivery.attempts > 0,
        Delivery.organization_id == organization.id,
    )
    settled = select(func.min(Delivery.settled_at)).where(
        Delivery.id.in_(_mails(organization, "unknown"))
    )
    first_lost = db.session.scalar(lost.order_by(Delivery.due_at).limit(1))
    times = [first_lost, db.session.scalar(settled) if unknown else None]
    known = [time for time in times if time is not None]
    return Doubt(unknown, _count(lost), min(known)) if known else None


def page(
    organization: Organization, kind: str, *, before: int = 0
) -> Page[Mail] | Page[Suppression]:
    """The mails of a kind, or the suppressed addresses; raises KeyError for an unknown kind.

    Newest first: the page before that id.
    """
    if kind == SUPPRESSED:
        query = _suppressions(organization).with_only_columns(Suppression)
        addresses = db.session.scalars(_before(query, Suppression.id, before)).all()
        return pagination.by_id(addresses, before, SIZE, lambda row: row.id)
    listed = (
        select(Delivery, Invitation)
        .outerjoin(Invitation, Invitation.id == Delivery.invitation_id)
        .where(Delivery.id.in_(_before(_mails(organization, kind), Delivery.id, before)))
        .order_by(Delivery.id.desc())
    )
    mails: list[Mail] = [(mail, invitation) for mail, invitation in db.session.execute(listed)]
    return pagination.by_id(mails, before, SIZE, lambda row: row[0].id)


def _mails(organization: Organization, kind: str) -> Select[int]:
    return select(Delivery.id).where(Delivery.organization_id == organization.id, text(MAILS[kind]))


def _suppressions(organization: Organization) -> Select[int]:
    return select(Suppression.id).where(Suppression.organization_id == organization.id)


def _before(query: Select[Any], id_: Any, before: int) -> Select[Any]:
    if before:
        query = query.where(id_ < before)
    return query.order_by(id_.desc()).limit(SIZE + 1)


def _count(query: Select[Any]) -> int:
    limited = query.limit(COUNTED + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(limited)) or 0


@dataclass(frozen=True, slots=True)
class MailTotals:
    """The mail of all organizations, as the operator sees it: figures, and nobody's address."""

    counts: list[tuple[str, str, int]]  # whose mails, state, how many
    due_since: dict[str, datetime]  # whose mails, and when the oldest waiting one was due
    troubles: list[tuple[str, datetime, str]]  # kind, time, the mail server's words


def totals() -> MailTotals:
    """All mails by state, the oldest that wait, and why account mails fail."""
    whose: ColumnElement[str] = literal_column(
        "CASE WHEN invitation_id IS NULL THEN 'account mails' ELSE 'invitation mails' END"
    )
    counts = db.session.execute(
        select(whose.label("whose"), Delivery.state, func.count())
        .group_by(text("whose"), Delivery.state)
        .order_by(text("whose"), Delivery.state)
    )
    oldest = db.session.execute(
        select(whose.label("whose"), func.min(Delivery.due_at))
        .where(text(WAITING), Delivery.due_at <= clock.now())
        .group_by(text("whose"))
    )
    newest = db.session.scalars(
        select(Delivery)
        .where(Delivery.invitation_id.is_(None), text(f"({TROUBLE} OR {FAILING})"))
        .order_by(Delivery.id.desc())
        .limit(5)
    )
    return MailTotals(
        [(owner, state, number) for owner, state, number in counts],
        dict(oldest.all()),
        [
            (mail.kind, mail.settled_at or mail.created_at, _anonymous_words(mail))
            for mail in newest
        ],
    )


def _anonymous_words(mail: Delivery) -> str:
    """The mail server's words without the address, which it often repeats."""
    words = mail.words or ""
    return words.replace(mail.recipient, "…") if mail.recipient else words
