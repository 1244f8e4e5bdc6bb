"""An index that finds the admins of an organization among its members."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_memberships_role", "memberships", ["organization_id", "role"])


def downgrade() -> None:
    op.drop_index("ix_memberships_role", table_name="memberships")
