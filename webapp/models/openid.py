"""OpenID Connect: our keys, what applications call people, and what we told them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.column_types import BigId
from webapp.db import Model
from webapp.models.application import Application, of_application
from webapp.models.session import Session
from webapp.models.user import User

# Visits whose program does not know yet that they are over, word for word as in the queries.
UNTOLD = "used_at IS NOT NULL AND told_at IS NULL"


class OidcKey(Model):
    """A key that signs id_tokens: published a day before it signs, and long after its last one."""

    __tablename__ = "oidc_keys"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # Each key has the next number, so that two processes never both make one.
    number: Mapped[int] = mapped_column(unique=True)
    kid: Mapped[str] = mapped_column(String(64), unique=True)
    public: Mapped[dict[str, Any]] = mapped_column(JSON)
    private: Mapped[str] = mapped_column(Text)  # encrypted
    published_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    # When it is no longer published; None until there is a next key.
    retires_at: Mapped[datetime | None]

    @classmethod
    def is_published(cls, now: datetime) -> ColumnElement[bool]:
        """The condition of keys that programs are told."""
        return cls.retires_at.is_(None) | (cls.retires_at > now)


class OidcSubject(Model):
    """What the applications of one organization call a person: random, so that two organizations
    cannot compare."""

    __tablename__ = "oidc_subjects"
    __table_args__ = (Index("one_oidc_subject", "organization_id", "user_id", unique=True),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    sub: Mapped[str] = mapped_column(String(40), unique=True)


class OidcVisit(Model):
    """One person at one application by one session: begun by a code, known by tokens.

    Only digests of code and tokens are kept. There is one access token at a time, and one refresh
    token; an earlier one of the same family shows that somebody copied it.
    """

    __tablename__ = "oidc_visits"
    __table_args__ = (
        of_application("oidc_visits"),
        Index("ix_oidc_visits_session", "session_id", "application_id"),
        Index("ix_oidc_visits_application", "application_id"),
        Index(
            "ix_oidc_visits_untold",
            "due_at",
            sqlite_where=text(UNTOLD),
            postgresql_where=text(UNTOLD),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(BigId)
    application_id: Mapped[int] = mapped_column(BigId)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    sid: Mapped[str] = mapped_column(String(40), unique=True)
    redirect_uri: Mapped[str] = mapped_column(String(500))
    scope: Mapped[str] = mapped_column(String(100))
    nonce: Mapped[str | None] = mapped_column(Text)
    code_digest: Mapped[str] = mapped_column(String(64), unique=True)
    code_challenge: Mapped[str] = mapped_column(String(43))
    signed_in_at: Mapped[datetime]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    # At the latest; `ended_at`: because a code or token was used twice.
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    access_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    access_until: Mapped[datetime | None]
    family_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    refresh_digest: Mapped[str | None] = mapped_column(String(64))
    # Telling the application that the visit is over: back-channel logout.
    told_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    lease: Mapped[str | None] = mapped_column(String(32))

    application: Mapped[Application] = relationship(viewonly=True)
    session: Mapped[Session] = relationship()
    user: Mapped[User] = relationship()
