"""Join links, the groups that they give, and the addresses that wait to be answered."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BY_LINK = "join_link_id IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "join_links",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.Column("author_id", BIG_ID, nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("code_secret", sa.String(length=300), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("allowed_domains", sa.String(length=2000), nullable=True),
        sa.Column("most_uses", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("access_days", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('manager', 'contributor')", name=op.f("ck_join_links_role")),
        sa.CheckConstraint("most_uses BETWEEN 1 AND 500", name=op.f("ck_join_links_most_uses")),
        sa.CheckConstraint(
            "access_days BETWEEN 1 AND 3650", name=op.f("ck_join_links_access_days")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_join_links_organization_id")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_join_links_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_links")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_join_links_code_digest")),
    )
    op.create_index(
        "one_join_link_of_an_organization", "join_links", ["organization_id", "id"], unique=True
    )
    op.create_index("ix_join_links_author", "join_links", ["organization_id", "author_id"])
    _create_groups()
    _create_asks()
    op.add_column(
        "user_invitations",
        sa.Column(
            "join_link_id",
            BIG_ID,
            sa.ForeignKey("join_links.id", name=op.f("fk_user_invitations_join_link_id")),
        ),
        inline_references=True,
    )
    op.create_index(
        "ix_user_invitations_join_link",
        "user_invitations",
        ["join_link_id", "id"],
        sqlite_where=sa.text(BY_LINK),
        postgresql_where=sa.text(BY_LINK),
    )


def _create_groups() -> None:
    op.create_table(
        "join_link_groups",
        sa.Column("group_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("link_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "group_id"],
            ["groups.organization_id", "groups.id"],
            name=op.f("fk_join_link_groups_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "link_id"],
            ["join_links.organization_id", "join_links.id"],
            name=op.f("fk_join_link_groups_link"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "link_id", name=op.f("pk_join_link_groups")),
    )
    op.create_index("ix_join_link_groups_link", "join_link_groups", ["link_id", "group_id"])


def _create_asks() -> None:
    op.create_table(
        "join_asks",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.Column("link_id", BIG_ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "link_id"],
            ["join_links.organization_id", "join_links.id"],
            name=op.f("fk_join_asks_link"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_asks")),
        sa.UniqueConstraint("link_id", "email_key", name=op.f("one_ask_of_an_address")),
    )
    op.create_index("ix_join_asks_due", "join_asks", ["due_at", "id"])
    op.create_index("ix_join_asks_email_key", "join_asks", ["email_key"])


def downgrade() -> None:
    op.drop_index("ix_user_invitations_join_link", table_name="user_invitations")
    op.drop_column("user_invitations", "join_link_id")
    op.drop_table("join_asks")
    op.drop_table("join_link_groups")
    op.drop_table("join_links")
