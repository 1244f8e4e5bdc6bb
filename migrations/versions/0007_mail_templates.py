"""Organizations' own texts of mails, version by version; texts that are only tried out."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = "kind IN ('invitation', 'reminder', 'renewal', 'reset', 'welcome')"


def upgrade() -> None:
    op.create_table(
        "mail_templates",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=150), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", BIG_ID, nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_mail_templates_kind")),
        sa.CheckConstraint(
            "(subject IS NULL) = (body IS NULL)", name=op.f("ck_mail_templates_whole")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_mail_templates_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_mail_templates_author_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_templates")),
        sa.UniqueConstraint("organization_id", "kind", "number", name="one_mail_template_version"),
    )
    op.create_table(
        "mail_drafts",
        sa.Column("delivery_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=150), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_mail_drafts_kind")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_mail_drafts_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_mail_drafts")),
    )


def downgrade() -> None:
    op.drop_table("mail_drafts")
    op.drop_table("mail_templates")
