"""Refused attempts to accept an invitation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Model


class RefusedTry(Model):
    """How often an attempt was refused for one reason; nothing that was typed.

    One row per invitation and reason, so that strangers with a link cannot fill the table.
    """

    __tablename__ = "refused_tries"

    invitation_id: Mapped[int] = mapped_column(ForeignKey("user_invitations.id"), primary_key=True)
    # One of the reasons in domain/invitations/refused_tries.py.
    reason: Mapped[str] = mapped_column(String(20), primary_key=True)
    n: Mapped[int]
    last_at: Mapped[datetime]
