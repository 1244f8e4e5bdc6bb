"""What inviters are told of the people whom they invited, and how often each wants to hear."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNTOLD = "delivery_id IS NULL"


def upgrade() -> None:
    setting = sa.Column(
        "inviter_notices", sa.String(length=10), nullable=False, server_default="each"
    )
    op.add_column("users", setting)
    op.create_table(
        "inviter_notices",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("invitation_id", BIG_ID, nullable=True),
        sa.Column("link_number", sa.Integer(), nullable=True),
        sa.Column("import_id", BIG_ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivery_id", BIG_ID, nullable=True),
        sa.CheckConstraint(
            "outcome IN ('joined', 'declined', 'unreachable', 'list')",
            name=op.f("ck_inviter_notices_outcome"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_inviter_notices_{column}"),
                ondelete=ondelete,
            )
            for column, table, ondelete in (
                ("organization_id", "organizations", None),
                ("invitation_id", "user_invitations", None),
                ("import_id", "bulk_imports", "CASCADE"),
                ("delivery_id", "deliveries", "CASCADE"),
            )
        ),
        sa.UniqueConstraint("invitation_id", "outcome", "link_number", name="one_notice_of_a_link"),
        sa.UniqueConstraint("import_id", name="one_notice_of_a_list"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inviter_notices")),
    )
    op.create_index(
        "ix_inviter_notices_due",
        "inviter_notices",
        ["due_at"],
        sqlite_where=sa.text(UNTOLD),
        postgresql_where=sa.text(UNTOLD),
    )
    op.create_index(
        "ix_inviter_notices_user", "inviter_notices", ["user_id", "organization_id", "due_at"]
    )
    op.create_index("ix_inviter_notices_delivery", "inviter_notices", ["delivery_id"])


def downgrade() -> None:
    op.drop_table("inviter_notices")
    op.drop_column("users", "inviter_notices")
