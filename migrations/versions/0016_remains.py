"""What was erased before is cleared out of SQLite's file: the mark that the next job looks for.

On PostgreSQL nothing: docs/privacy.md says what stays there until VACUUM.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("PRAGMA user_version = 1")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("PRAGMA user_version = 0")
