"""Why a mail came back, and whether something came back that nobody understood."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

COLUMNS = (
    ("blame", sa.String(length=20)),
    ("cause", sa.String(length=20)),
    ("code", sa.String(length=12)),
    ("receiver", sa.String(length=40)),
    ("came_back_at", sa.DateTime(timezone=True)),
)
REFUSED_US = "blame = 'sender'"


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("deliveries", sa.Column(name, kind, nullable=True))
    op.create_index(
        "ix_deliveries_refused_us",
        "deliveries",
        ["settled_at"],
        sqlite_where=sa.text(REFUSED_US),
        postgresql_where=sa.text(REFUSED_US),
    )


def downgrade() -> None:
    op.drop_index("ix_deliveries_refused_us", table_name="deliveries")
    for name, _ in COLUMNS:
        op.drop_column("deliveries", name)
