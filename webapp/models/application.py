"""Applications: what members reach behind the gate."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.column_types import BigId
from webapp.db import Model
from webapp.models.group import Group, within_organization
from webapp.models.organization import Organization


class Application(Model):
    """An application of one organization, and who may enter it; its slug never changes."""

    __tablename__ = "applications"
    __table_args__ = (
        CheckConstraint("visit_minutes BETWEEN 5 AND 43200", name="visit_minutes"),
        # What the composite foreign keys of other tables refer to.
        Index("one_application_of_an_organization", "organization_id", "id", unique=True),
        Index("one_application_slug", "organization_id", "slug", unique=True),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    slug: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100))
    home_url: Mapped[str] = mapped_column(String(500))
    # The host of the home address in lower case, with its port unless that is the usual one. A
    # proxy asks by it, so no two applications of the installation have the same.
    host: Mapped[str] = mapped_column(String(260), unique=True)
    # Whether all members may enter; if not, those in its groups.
    for_everyone: Mapped[bool] = mapped_column(default=True)
    needs_second_factor: Mapped[bool] = mapped_column(default=False)
    # Whether accounts enter that never proved that they read mail at their address.
    allows_unverified: Mapped[bool] = mapped_column(default=False)
    # How long one visit lasts, at most as long as the session that it began in.
    visit_minutes: Mapped[int]
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]

    @property
    def state(self) -> str:
        """Whether it lets anybody in: active or paused."""
        return "active" if self.paused_at is None else "paused"

    organization: Mapped[Organization] = relationship()
    # As a program that signs people in; together with the application, as lists show it as well.
    client: Mapped[OidcClient | None] = relationship(viewonly=True, lazy="selectin")
    # Deleted groups are left out, though their rows stay.
    groups: Mapped[list[Group]] = relationship(
        secondary="application_groups",
        secondaryjoin="and_(ApplicationGroup.group_id == Group.id, Group.deleted_at.is_(None))",
        order_by=Group.id,
        viewonly=True,
    )


class ApplicationGroup(Model):
    """A group whose members may enter an application of the same organization."""

    __tablename__ = "application_groups"
    __table_args__ = within_organization("application_groups", "application", "applications")

    group_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    application_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    organization_id: Mapped[int] = mapped_column(BigId)


def of_application(table: str) -> ForeignKeyConstraint:
    """Both of one organization, and gone with the application."""
    return ForeignKeyConstraint(
        ["organization_id", "application_id"],
        ["applications.organization_id", "applications.id"],
        name=f"fk_{table}_application",
        ondelete="CASCADE",
    )


class OidcClient(Model):
    """An application as a program that signs people in with us."""

    __tablename__ = "oidc_clients"
    __table_args__ = (of_application("oidc_clients"),)

    application_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    organization_id: Mapped[int] = mapped_column(BigId)
    client_id: Mapped[str] = mapped_column(String(40), unique=True)
    # Whether it runs where it cannot keep a secret: in browsers and on telephones.
    is_public: Mapped[bool] = mapped_column(default=False)
    redirect_uris: Mapped[list[str]] = mapped_column(JSON, default=list)
    post_logout_redirect_uris: Mapped[list[str]] = mapped_column(JSON, default=list)
    backchannel_logout_uri: Mapped[str | None] = mapped_column(String(500))
    # SHA-256 of random secrets. Until `old_secret_until` the old one is valid as well.
    secret_digest: Mapped[str | None] = mapped_column(String(64))
    old_secret_digest: Mapped[str | None] = mapped_column(String(64))
    old_secret_until: Mapped[datetime | None]

    application: Mapped[Application] = relationship(viewonly=True)
