"""When organizations erase addresses, what erased ones are known by, and how they are found."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NAMED = sa.text("ended_at IS NOT NULL AND words IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("organizations") as organizations:
        organizations.add_column(sa.Column("retention_days", sa.Integer(), nullable=True))
        organizations.add_column(sa.Column("erasure_key", sa.String(length=300), nullable=True))
    with op.batch_alter_table("organizations") as organizations:
        organizations.create_check_constraint(
            op.f("ck_organizations_retention_days"), "retention_days IN (30, 90, 180, 365)"
        )
    op.create_index(
        "ix_user_invitations_named",
        "user_invitations",
        ["organization_id", "ended_at"],
        sqlite_where=NAMED,
        postgresql_where=NAMED,
    )
    op.create_index("ix_bulk_import_rows_email", "bulk_import_rows", ["email_key"])


def downgrade() -> None:
    op.drop_index("ix_bulk_import_rows_email", "bulk_import_rows")
    op.drop_index("ix_user_invitations_named", "user_invitations")
    with op.batch_alter_table("organizations") as organizations:
        organizations.drop_constraint(op.f("ck_organizations_retention_days"), type_="check")
        organizations.drop_column("erasure_key")
        organizations.drop_column("retention_days")
