"""The line of the file or paste from which somebody of a list came: several may share one."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bulk_import_rows", sa.Column("line", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("bulk_import_rows", "line")
