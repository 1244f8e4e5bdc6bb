"""Every try at sending a mail; reminders; what the mail health page and the pace look up."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SETTINGS = (
    ("reminders", sa.Boolean(), sa.true()),
    ("reminder_hours", sa.Integer(), "24"),
    ("reply_to_inviter", sa.Boolean(), sa.false()),
)
INDEXES = (
    ("ix_deliveries_sending", "deliveries", ["due_at"], "state = 'sending'"),
    (
        "ix_deliveries_failing",
        "deliveries",
        ["organization_id", "id"],
        "state = 'queued' AND attempts > 0",
    ),
    (
        "ix_deliveries_trouble",
        "deliveries",
        ["organization_id", "state", "id"],
        "state IN ('failed', 'unknown', 'bounced')",
    ),
    (
        "ix_user_invitations_remindable",
        "user_invitations",
        ["organization_id", "expires_at"],
        "state = 'pending' AND reminded_at IS NULL AND delivery_state IN ('sent', 'unknown')",
    ),
)


def upgrade() -> None:
    op.create_table(
        "delivery_attempts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_attempts_delivery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempts")),
        sa.UniqueConstraint("delivery_id", "number", name="one_attempt_of_a_number"),
    )
    op.create_index("ix_delivery_attempts_at", "delivery_attempts", ["at"])
    with op.batch_alter_table("organizations") as organizations:
        for name, kind, default in SETTINGS:
            organizations.add_column(sa.Column(name, kind, nullable=False, server_default=default))
    with op.batch_alter_table("organizations") as organizations:
        for name, _, _ in SETTINGS:
            organizations.alter_column(name, server_default=None)
        organizations.create_check_constraint(
            op.f("ck_organizations_reminder_hours"), "reminder_hours IN (12, 24, 48, 72)"
        )
    op.add_column(
        "user_invitations", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.drop_index("ix_deliveries_waiting", table_name="deliveries")
    _index_waiting("organization_id", "due_at", "id")
    for name, table, columns, rows in INDEXES:
        op.create_index(
            name, table, columns, sqlite_where=sa.text(rows), postgresql_where=sa.text(rows)
        )


def downgrade() -> None:
    for name, table, _, _ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
    op.drop_index("ix_deliveries_waiting", table_name="deliveries")
    _index_waiting("organization_id", "due_at")
    op.drop_column("user_invitations", "reminded_at")
    with op.batch_alter_table("organizations") as organizations:
        organizations.drop_constraint(op.f("ck_organizations_reminder_hours"), type_="check")
        for name, _, _ in reversed(SETTINGS):
            organizations.drop_column(name)
    op.drop_index("ix_delivery_attempts_at", table_name="delivery_attempts")
    op.drop_table("delivery_attempts")


def _index_waiting(*columns: str) -> None:
    waiting = sa.text("state IN ('queued', 'sending')")
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        list(columns),
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
