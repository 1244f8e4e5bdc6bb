"""Seals that show that the trail of events was not changed: see docs/auditing.md."""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model


class EventSeal(Model):
    """One line of an organization's chain, written in the event's transaction."""

    __tablename__ = "event_seals"
    __table_args__ = (Index("ix_event_seals_event", "event_id"),)

    # No foreign keys: a line records what there was, whether or not it still exists.
    # 0: events of no organization.
    organization_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(BigId)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    # A salted digest of the event's personal values, and its salt. They can be erased together:
    # the seal covers the digest only and stays valid.
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))


class TrailHead(Model):
    """The end of an organization's chain, which reveals if the last lines are missing."""

    __tablename__ = "trail_heads"

    organization_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    lines: Mapped[int] = mapped_column(BigId)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    # A signature of the rest of this row.
    proof: Mapped[bytes] = mapped_column(LargeBinary(32))
    # The chain's keys, encrypted, one on each line; the last one is in use.
    keys: Mapped[str] = mapped_column(Text)
    # The first line after a head that we did not sign: what came before it is unknown.
    broken_line: Mapped[int | None] = mapped_column(BigId)
