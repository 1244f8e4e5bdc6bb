"""The color of an organization."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    color = sa.Column("color", sa.String(length=10), nullable=False, server_default="green")
    op.add_column("organizations", color)


def downgrade() -> None:
    op.drop_column("organizations", "color")
