"""Requests to be invited or to stay, their settings, and join links whose people are approved."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = "state = 'open'"
PARTIAL = (
    ("one_open_ask", ["organization_id", "email_key"], f"{OPEN} AND kind = 'ask'", True),
    ("one_open_proposal", ["organization_id", "email_key"], f"{OPEN} AND kind = 'proposal'", True),
    ("one_open_stay", ["organization_id", "email_key"], f"{OPEN} AND kind = 'stay'", True),
    ("ix_requests_unrecorded", ["id"], "recorded_at IS NULL", False),
    ("ix_requests_untold", ["organization_id"], f"told_at IS NULL AND {OPEN}", False),
    ("ix_requests_lapsing", ["lapses_at"], OPEN, False),
    ("ix_requests_join_link", ["join_link_id"], f"join_link_id IS NOT NULL AND {OPEN}", False),
)
WHOLE = (
    ("ix_requests_page", ["organization_id", "state", "id"]),
    ("ix_requests_address", ["organization_id", "email_key", "id"]),
    ("ix_requests_email_key", ["email_key"]),
    ("ix_requests_maker", ["organization_id", "maker_id", "id"]),
    ("ix_requests_ended", ["organization_id", "ended_at"]),
    ("ix_requests_membership", ["membership_id"]),
)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _add("organizations", "proposers", sa.String(length=10), "everybody")
    _add("organizations", "proposals_per_month", sa.Integer(), "10")
    _add("organizations", "takes_asks", sa.Boolean(), sa.false())
    _add("organizations", "needs_second_admin", sa.Boolean(), sa.false())
    op.add_column("organizations", sa.Column("requests_told_at", MOMENT))
    _add("join_links", "approval", sa.Boolean(), sa.false())
    _create_requests()


def _add(table: str, name: str, kind: sa.types.TypeEngine, default: object) -> None:
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))


def _create_requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("offer", sa.JSON(), nullable=True),
        sa.Column("maker_id", BIG_ID, nullable=True),
        sa.Column("membership_id", BIG_ID, nullable=True),
        sa.Column("join_link_id", BIG_ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("lapses_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=True),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("decided_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint("kind IN ('proposal', 'ask', 'stay')", name=op.f("ck_requests_kind")),
        sa.CheckConstraint(
            "state IN ('open', 'approved', 'declined', 'withdrawn', 'lapsed')",
            name=op.f("ck_requests_state"),
        ),
        _refers("organization_id", "organizations"),
        _refers("maker_id", "users"),
        _refers("membership_id", "memberships", ondelete="SET NULL"),
        _refers("join_link_id", "join_links"),
        _refers("decided_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    for name, columns in WHOLE:
        op.create_index(name, "requests", columns)
    for name, columns, where, unique in PARTIAL:
        condition = sa.text(where)
        op.create_index(
            name,
            "requests",
            columns,
            unique=unique,
            sqlite_where=condition,
            postgresql_where=condition,
        )


def _refers(column: str, table: str, **options: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_requests_{column}")
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name, **options)


def downgrade() -> None:
    op.drop_table("requests")
    op.drop_column("join_links", "approval")
    for name in (
        *("proposers", "proposals_per_month", "takes_asks"),
        *("needs_second_admin", "requests_told_at"),
    ):
        op.drop_column("organizations", name)
