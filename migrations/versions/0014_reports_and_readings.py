"""Reports by when invitations were made; what the operator's gauges read; refused tries."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_index(
        "ix_user_invitations_created", "user_invitations", ["organization_id", "created_at"]
    )
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("runs", BIG, nullable=False),
        sa.Column("failures", BIG, nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "tallies",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("n", BIG, nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_tallies")),
    )
    op.create_table(
        "refused_tries",
        sa.Column("invitation_id", BIG, nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["user_invitations.id"], name=op.f("fk_refused_tries_invitation_id")
        ),
        sa.PrimaryKeyConstraint("invitation_id", "reason", name=op.f("pk_refused_tries")),
    )


def downgrade() -> None:
    op.drop_table("refused_tries")
    op.drop_table("tallies")
    op.drop_table("job_runs")
    op.drop_index("ix_user_invitations_created", "user_invitations")
