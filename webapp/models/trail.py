"""What shows that the trail of events is as it was written: see docs/auditing.md."""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model


class EventSeal(Model):
    """One line of an organization's chain, sealed with the event in one transaction."""

    __tablename__ = "event_seals"
    __table_args__ = (Index("ix_event_seals_event", "event_id"),)

    # Nothing here refers to other tables: a line says what there was, whether or not it still is.
    # 0 stands for what belongs to no organization.
    organization_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(BigId)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    # The personal values of the event as a digest, and the salt that opens it. Without the salt
    # they may be erased from the event, and the seal stays true.
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))


class TrailHead(Model):
    """Where an organization's chain ends: without it, missing last lines would not be missed."""

    __tablename__ = "trail_heads"

    organization_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    lines: Mapped[int] = mapped_column(BigId)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    # A signature of the rest of this row.
    proof: Mapped[bytes] = mapped_column(LargeBinary(32))
    # The chain's keys, encrypted, one on each line; the last one is in use.
    keys: Mapped[str] = mapped_column(Text)
    # The first line after an end that was not ours: what was there before it is not known.
    broken_line: Mapped[int | None] = mapped_column(BigId)
