"""Applications behind the gate, and the groups whose members may enter them."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "applications",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("home_url", sa.String(length=500), nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("for_everyone", sa.Boolean(), nullable=False),
        sa.Column("needs_second_factor", sa.Boolean(), nullable=False),
        sa.Column("allows_unverified", sa.Boolean(), nullable=False),
        sa.Column("visit_minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "visit_minutes BETWEEN 5 AND 43200", name=op.f("ck_applications_visit_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_applications_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("host", name=op.f("uq_applications_host")),
    )
    op.create_index(
        "one_application_of_an_organization", "applications", ["organization_id", "id"], unique=True
    )
    op.create_index(
        "one_application_slug", "applications", ["organization_id", "slug"], unique=True
    )
    op.create_table(
        "application_groups",
        sa.Column("group_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("application_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "group_id"],
            ["groups.organization_id", "groups.id"],
            name=op.f("fk_application_groups_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "application_id"],
            ["applications.organization_id", "applications.id"],
            name=op.f("fk_application_groups_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "application_id", name=op.f("pk_application_groups")),
    )
    op.create_index(
        "ix_application_groups_application", "application_groups", ["application_id", "group_id"]
    )


def downgrade() -> None:
    op.drop_table("application_groups")
    op.drop_table("applications")
