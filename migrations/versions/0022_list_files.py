"""Files of lists that are not started, and the columns that admins chose; longer foreign roles."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "list_files",
        sa.Column("import_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["bulk_imports.id"], name=op.f("fk_list_files_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_list_files")),
    )
    op.create_table(
        "list_file_pieces",
        sa.Column("import_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["list_files.import_id"], name=op.f("fk_list_file_pieces_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_list_file_pieces")),
    )
    op.create_table(
        "column_choices",
        sa.Column("organization_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_column_choices_organization_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "digest", name=op.f("pk_column_choices")),
    )
    with op.batch_alter_table("bulk_import_rows") as rows:
        rows.alter_column("role", existing_type=sa.String(20), type_=sa.String(100))


def downgrade() -> None:
    with op.batch_alter_table("bulk_import_rows") as rows:
        rows.alter_column(
            "role",
            existing_type=sa.String(100),
            type_=sa.String(20),
            postgresql_using="left(role, 20)",
        )
    op.drop_table("column_choices")
    op.drop_table("list_file_pieces")
    op.drop_table("list_files")
