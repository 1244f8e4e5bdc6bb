"""Many at once: lists of people to invite, and their lines."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bulk_imports",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.String(length=100), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("expiry_days", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("words", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "state IN ('reading', 'previewed', 'running', 'stopped', 'finished')",
            name=op.f("ck_bulk_imports_state"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_bulk_imports_organization_id")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_bulk_imports_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_imports")),
    )
    op.create_index("ix_bulk_imports_page", "bulk_imports", ["organization_id", "id"])
    running = sa.text("state = 'running'")
    op.create_index(
        "ix_bulk_imports_running",
        "bulk_imports",
        ["due_at"],
        sqlite_where=running,
        postgresql_where=running,
    )
    op.create_table(
        "bulk_import_rows",
        sa.Column("id", BIG, nullable=False),
        sa.Column("import_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("invitation_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["bulk_imports.id"], name=op.f("fk_bulk_import_rows_import_id")
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["user_invitations.id"],
            name=op.f("fk_bulk_import_rows_invitation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_import_rows")),
        sa.UniqueConstraint("import_id", "number", name="one_import_line"),
    )
    op.create_index("ix_bulk_import_rows_kind", "bulk_import_rows", ["import_id", "kind", "number"])


def downgrade() -> None:
    op.drop_table("bulk_import_rows")
    op.drop_table("bulk_imports")
