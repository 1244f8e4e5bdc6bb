"""How an organization's mail fares: what waits, what fails, what came back, who is not mailed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, func, literal_column, select, text

from webapp import clock
from webapp.db import db
from webapp.domain import pagination
from webapp.domain.pagination import Page
from webapp.models import Delivery, Invitation, Organization, Suppression
from webapp.models.delivery import FAILING, TROUBLE, WAITING

SIZE = 50
COUNTED = 1000  # a page says "more than" beyond it
SUPPRESSED = "suppressed"
# Which mails are of a kind, in the words of the index that finds them.
MAILS = {
    "bounced": f"{TROUBLE} AND state = 'bounced'",
    "failed": f"{TROUBLE} AND state = 'failed'",
    "unknown": f"{TROUBLE} AND state = 'unknown'",
    "failing": FAILING,
    "waiting": WAITING,
}
KINDS = (*MAILS, SUPPRESSED)
# With its invitation; mails that confirm an address have none.
Mail = tuple[Delivery, Invitation | None]


@dataclass(frozen=True, slots=True)
class Health:
    """How many there are of each kind, at most COUNTED + 1, and when the first was due."""

    counts: dict[str, int]
    due_since: datetime | None

    @property
    def worst(self) -> str:
        """The kind to look at first."""
        return next((kind for kind in MAILS if self.counts[kind]), "waiting")


def of(organization: Organization) -> Health:
    """The organization's figures; no count reads more than COUNTED + 1 entries of its index.

    Mails about an account alone, like new passwords, belong to no organization and are not shown.
    """
    counts = {kind: _count(_its_mails(organization, _is(kind))) for kind in MAILS}
    counts[SUPPRESSED] = _count(_its_addresses(organization))
    first = db.session.scalar(
        select(func.min(Delivery.due_at)).where(
            Delivery.organization_id == organization.id, text(WAITING)
        )
    )
    return Health(counts, first if first and first <= clock.now() else None)


def page(
    organization: Organization, kind: str, *, before: int = 0
) -> Page[Mail] | Page[Suppression]:
    """The mails of a kind, or the addresses that are not mailed; raises KeyError for no kind.

    Newest first: the page before that id.
    """
    if kind == SUPPRESSED:
        listed = _its_addresses(organization).with_only_columns(Suppression)
        addresses = db.session.scalars(_before(listed, Suppression.id, before)).all()
        return pagination.by_id(addresses, before, SIZE, lambda row: row.id)
    query = (
        select(Delivery, Invitation)
        .outerjoin(Invitation, Invitation.id == Delivery.invitation_id)
        .where(Delivery.id.in_(_before(_its_mails(organization, _is(kind)), Delivery.id, before)))
        .order_by(Delivery.id.desc())
    )
    mails: list[Mail] = [(mail, invitation) for mail, invitation in db.session.execute(query)]
    return pagination.by_id(mails, before, SIZE, lambda row: row[0].id)


def _is(kind: str) -> TextClause:
    return text(MAILS[kind])


def _its_mails(organization: Organization, what: TextClause) -> Select[int]:
    return select(Delivery.id).where(Delivery.organization_id == organization.id, what)


def _its_addresses(organization: Organization) -> Select[int]:
    return select(Suppression.id).where(Suppression.organization_id == organization.id)


def _before(query: Select[Any], id_: Any, before: int) -> Select[Any]:
    if before:
        query = query.where(id_ < before)
    return query.order_by(id_.desc()).limit(SIZE + 1)


def _count(query: Select[int]) -> int:
    some = query.limit(COUNTED + 1)
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


@dataclass(frozen=True, slots=True)
class Tally:
    """What the operator sees of all organizations together: figures, and nobody's address."""

    counts: list[tuple[str, str, int]]  # whose mails, state, how many
    due_since: dict[str, datetime]  # whose mails, and when the oldest that waits was due
    troubles: list[tuple[str, datetime, str]]  # kind, when, the mail server's words


def tally() -> Tally:
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
    return Tally(
        [(one, state, number) for one, state, number in counts],
        dict(oldest.all()),
        [(m.kind, m.settled_at or m.created_at, _unnamed(m)) for m in newest],
    )


def _unnamed(mail: Delivery) -> str:
    """The words without the address, which mail servers like to repeat."""
    words = mail.words or ""
    return words.replace(mail.recipient, "…") if mail.recipient else words
