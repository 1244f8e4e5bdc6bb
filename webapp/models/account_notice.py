"""Notices to an account's owner about changes to how they sign in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Model
from webapp.models.delivery import Delivery


class AccountNotice(Model):
    """What was changed, when, by whom and from where; kept for a week, only for its mail."""

    __tablename__ = "account_notices"
    __table_args__ = (Index("ix_account_notices_at", "at"),)

    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("deliveries.id"), primary_key=True, autoincrement=False
    )
    event: Mapped[str] = mapped_column(String(40))  # its name
    actor: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(300))

    delivery: Mapped[Delivery] = relationship()
