"""Accounts: one per email address in the whole installation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model


class User(Model):
    """An account; addresses and usernames are compared by `email_key` and `username_key`."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    username: Mapped[str | None] = mapped_column(String(30))
    username_key: Mapped[str | None] = mapped_column(String(30), unique=True)
    full_name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(200))
    # The language the account was made in, a BCP 47 tag; its owner's mails are written in it.
    language: Mapped[str | None] = mapped_column(String(8))
    # How they hear of people they invited: `each`, `daily` or `off`.
    inviter_notices: Mapped[str] = mapped_column(String(10), default="each", server_default="each")
    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    # The only organization that an unverified account can enter: the one whose link created it.
    confined_to_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))

    # The row of a deleted account stays for its references, without personal data.
    deleted_at: Mapped[datetime | None]

    # The second factor: its encrypted secret, since when it is required, the last time step used.
    totp_secret: Mapped[str | None] = mapped_column(String(300))
    totp_since: Mapped[datetime | None]
    totp_step: Mapped[int | None] = mapped_column(BigId)

    @property
    def has_second_factor(self) -> bool:
        """Whether signing in asks for a code after the password."""
        return self.totp_since is not None

    @property
    def is_verified(self) -> bool:
        """Whether somebody proved that they read mail at this address."""
        return self.verified_at is not None

    def may_enter(self, organization_id: int) -> bool:
        """Whether the account can enter that organization."""
        return self.is_verified or self.confined_to_id == organization_id
