"""The language of a person, of an invitation, and of an organization's invitations."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = ("organizations", "user_invitations", "users")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("language", sa.String(length=8), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "language")
