"""When access ends: of members, of invitations, by role; and an organization's time zone."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ENDING = "ends_at IS NOT NULL AND ended_at IS NULL"


def upgrade() -> None:
    zone = sa.Column("time_zone", sa.String(length=64), nullable=False, server_default="UTC")
    op.add_column("organizations", zone)
    op.add_column("bulk_import_rows", sa.Column("access_until", sa.String(length=40)))
    op.add_column("user_invitations", sa.Column("access_until", sa.DateTime(timezone=True)))
    op.add_column("user_invitations", sa.Column("access_days", sa.Integer()))
    with op.batch_alter_table("memberships") as members:
        members.add_column(sa.Column("ends_at", sa.DateTime(timezone=True)))
        members.add_column(sa.Column("ended_at", sa.DateTime(timezone=True)))
        members.add_column(sa.Column("warned_days", sa.Integer()))
        members.add_column(sa.Column("sponsor_id", BIG_ID))
        members.create_foreign_key(
            op.f("fk_memberships_sponsor_id"), "users", ["sponsor_id"], ["id"]
        )
    op.create_index(
        "ix_memberships_ending",
        "memberships",
        ["ends_at"],
        sqlite_where=sa.text(ENDING),
        postgresql_where=sa.text(ENDING),
    )
    op.create_index("ix_memberships_ends", "memberships", ["organization_id", "ends_at", "id"])
    op.create_index("ix_memberships_sponsor", "memberships", ["organization_id", "sponsor_id"])
    op.create_table(
        "access_terms",
        sa.Column("organization_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("default_days", sa.Integer(), nullable=True),
        sa.Column("longest_days", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "default_days BETWEEN 1 AND 3650", name=op.f("ck_access_terms_default_days")
        ),
        sa.CheckConstraint(
            "longest_days BETWEEN 1 AND 3650", name=op.f("ck_access_terms_longest_days")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_access_terms_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "role", name=op.f("pk_access_terms")),
    )


def downgrade() -> None:
    op.drop_table("access_terms")
    for name in ("ending", "ends", "sponsor"):
        op.drop_index(f"ix_memberships_{name}", table_name="memberships")
    with op.batch_alter_table("memberships") as members:
        members.drop_constraint(op.f("fk_memberships_sponsor_id"), type_="foreignkey")
        for name in ("sponsor_id", "warned_days", "ended_at", "ends_at"):
            members.drop_column(name)
    op.drop_column("user_invitations", "access_days")
    op.drop_column("user_invitations", "access_until")
    op.drop_column("bulk_import_rows", "access_until")
    op.drop_column("organizations", "time_zone")
