"""What mails to owners of accounts tell of: changes to how they sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "account_notices",
        sa.Column("delivery_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_account_notices_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_account_notices")),
    )
    op.create_index("ix_account_notices_at", "account_notices", ["at"])


def downgrade() -> None:
    op.drop_table("account_notices")
