"""Tries at an invitation's form that were refused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Model


class RefusedTry(Model):
    """How often one reason stood in the way of an invitation; nothing of what was typed.

    One line per invitation and reason, so strangers with a link cannot fill the table.
    """

    __tablename__ = "refused_tries"

    invitation_id: Mapped[int] = mapped_column(ForeignKey("user_invitations.id"), primary_key=True)
    # A word of domain/invitations/refused_tries.py.
    reason: Mapped[str] = mapped_column(String(20), primary_key=True)
    n: Mapped[int]
    last_at: Mapped[datetime]
