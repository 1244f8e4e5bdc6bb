"""Reviews of access, and how often an organization holds one."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = "state = 'open'"
UNANSWERED = "answer IS NULL"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    silence = sa.Column(
        "review_silence", sa.String(length=10), nullable=False, server_default="keep"
    )
    op.add_column("organizations", sa.Column("review_days", sa.Integer()))
    op.add_column("organizations", sa.Column("review_due_at", MOMENT))
    op.add_column("organizations", silence)
    op.create_table(
        "access_reviews",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("started_by_id", BIG_ID, nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("silence", sa.String(length=10), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("remind_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'finished', 'stopped')", name=op.f("ck_access_reviews_state")
        ),
        sa.CheckConstraint("silence IN ('keep', 'end')", name=op.f("ck_access_reviews_silence")),
        _refers("access_reviews", "organization_id", "organizations"),
        _refers("access_reviews", "started_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_reviews")),
    )
    op.create_index(
        "one_open_review",
        "access_reviews",
        ["organization_id"],
        unique=True,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
    op.create_index("ix_access_reviews_page", "access_reviews", ["organization_id", "id"])
    _create_lines()


def _create_lines() -> None:
    table = "access_review_lines"
    op.create_table(
        table,
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("review_id", BIG_ID, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.Column("membership_id", BIG_ID, nullable=True),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("sponsor_id", BIG_ID, nullable=True),
        sa.Column("invited_by_id", BIG_ID, nullable=True),
        sa.Column("answer", sa.String(length=20), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by_id", BIG_ID, nullable=True),
        sa.Column("role_after", sa.String(length=20), nullable=True),
        sa.Column("ends_after", MOMENT, nullable=True),
        _refers(table, "review_id", "access_reviews"),
        _refers(table, "organization_id", "organizations"),
        _refers(table, "membership_id", "memberships", ondelete="SET NULL"),
        *(
            _refers(table, column, "users")
            for column in ("user_id", "sponsor_id", "invited_by_id", "answered_by_id")
        ),
        sa.UniqueConstraint("review_id", "user_id", name="one_line_of_a_member"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(
        f"ix_{table}_unanswered",
        table,
        ["review_id", "id"],
        sqlite_where=sa.text(UNANSWERED),
        postgresql_where=sa.text(UNANSWERED),
    )
    op.create_index(f"ix_{table}_page", table, ["review_id", "id"])
    op.create_index(f"ix_{table}_membership", table, ["membership_id"])
    op.create_index(f"ix_{table}_user", table, ["user_id"])


def _refers(table: str, column: str, to: str, **more: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, **more)


def downgrade() -> None:
    op.drop_table("access_review_lines")
    op.drop_table("access_reviews")
    for name in ("review_silence", "review_due_at", "review_days"):
        op.drop_column("organizations", name)
