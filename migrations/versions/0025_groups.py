"""Groups, their members, and the groups that invitations carry."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT = "deleted_at IS NULL"


def upgrade() -> None:
    op.create_index(
        "one_member_of_an_organization", "memberships", ["organization_id", "id"], unique=True
    )
    op.drop_index("ix_user_invitations_page", table_name="user_invitations")
    op.create_index(
        "ix_user_invitations_page", "user_invitations", ["organization_id", "id"], unique=True
    )
    op.create_table(
        "groups",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_groups_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
    )
    op.create_index(
        "one_group_of_an_organization", "groups", ["organization_id", "id"], unique=True
    )
    op.create_index(
        "one_group_slug",
        "groups",
        ["organization_id", "slug"],
        unique=True,
        sqlite_where=sa.text(KEPT),
        postgresql_where=sa.text(KEPT),
    )
    _of_groups("group_members", "membership", "memberships", ("added_at",))
    _of_groups("invitation_groups", "invitation", "user_invitations", ())
    for table in ("bulk_imports", "bulk_import_rows"):
        op.add_column(table, sa.Column("groups", sa.Text(), nullable=True))


def _of_groups(table: str, noun: str, of: str, moments: tuple[str, ...]) -> None:
    op.create_table(
        table,
        sa.Column("group_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column(f"{noun}_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in moments),
        sa.ForeignKeyConstraint(
            ["organization_id", "group_id"],
            ["groups.organization_id", "groups.id"],
            name=op.f(f"fk_{table}_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", f"{noun}_id"],
            [f"{of}.organization_id", f"{of}.id"],
            name=op.f(f"fk_{table}_{noun}"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", f"{noun}_id", name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_{noun}", table, [f"{noun}_id", "group_id"])


def downgrade() -> None:
    for table in ("bulk_import_rows", "bulk_imports"):
        op.drop_column(table, "groups")
    op.drop_table("invitation_groups")
    op.drop_table("group_members")
    op.drop_table("groups")
    op.drop_index("one_member_of_an_organization", table_name="memberships")
    op.drop_index("ix_user_invitations_page", table_name="user_invitations")
    op.create_index("ix_user_invitations_page", "user_invitations", ["organization_id", "id"])
