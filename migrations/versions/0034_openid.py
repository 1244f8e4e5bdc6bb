"""OpenID Connect: keys, subjects, clients and visits."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
UNTOLD = sa.text("used_at IS NOT NULL AND told_at IS NULL")


def of_application(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", "application_id"],
        ["applications.organization_id", "applications.id"],
        name=op.f(f"fk_{table}_application"),
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.create_table(
        "oidc_keys",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("public", sa.JSON(), nullable=False),
        sa.Column("private", sa.Text(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("signs_from", MOMENT, nullable=False),
        sa.Column("retires_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_keys")),
        sa.UniqueConstraint("kid", name=op.f("uq_oidc_keys_kid")),
        sa.UniqueConstraint("number", name=op.f("uq_oidc_keys_number")),
    )
    op.create_table(
        "oidc_subjects",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("sub", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_oidc_subjects_organization_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_oidc_subjects_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_subjects")),
        sa.UniqueConstraint("sub", name=op.f("uq_oidc_subjects_sub")),
    )
    op.create_index(
        "one_oidc_subject", "oidc_subjects", ["organization_id", "user_id"], unique=True
    )
    op.create_index(op.f("ix_oidc_subjects_user_id"), "oidc_subjects", ["user_id"])
    op.create_table(
        "oidc_clients",
        sa.Column("application_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.Column("client_id", sa.String(length=40), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("redirect_uris", sa.JSON(), nullable=False),
        sa.Column("post_logout_redirect_uris", sa.JSON(), nullable=False),
        sa.Column("backchannel_logout_uri", sa.String(length=500), nullable=True),
        sa.Column("secret_digest", sa.String(length=64), nullable=True),
        sa.Column("old_secret_digest", sa.String(length=64), nullable=True),
        sa.Column("old_secret_until", MOMENT, nullable=True),
        of_application("oidc_clients"),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_oidc_clients")),
        sa.UniqueConstraint("client_id", name=op.f("uq_oidc_clients_client_id")),
    )
    op.create_table(
        "oidc_visits",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organization_id", BIG_ID, nullable=False),
        sa.Column("application_id", BIG_ID, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("session_id", BIG_ID, nullable=False),
        sa.Column("sid", sa.String(length=40), nullable=False),
        sa.Column("redirect_uri", sa.String(length=500), nullable=False),
        sa.Column("scope", sa.String(length=100), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("code_challenge", sa.String(length=43), nullable=False),
        sa.Column("signed_in_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("access_digest", sa.String(length=64), nullable=True),
        sa.Column("access_until", MOMENT, nullable=True),
        sa.Column("family_digest", sa.String(length=64), nullable=True),
        sa.Column("refresh_digest", sa.String(length=64), nullable=True),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        of_application("oidc_visits"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_oidc_visits_user_id")),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_oidc_visits_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_visits")),
        *(
            sa.UniqueConstraint(column, name=op.f(f"uq_oidc_visits_{column}"))
            for column in ("sid", "code_digest", "access_digest", "family_digest")
        ),
    )
    op.create_index("ix_oidc_visits_session", "oidc_visits", ["session_id", "application_id"])
    op.create_index("ix_oidc_visits_application", "oidc_visits", ["application_id"])
    op.create_index(op.f("ix_oidc_visits_user_id"), "oidc_visits", ["user_id"])
    op.create_index(
        "ix_oidc_visits_untold",
        "oidc_visits",
        ["due_at"],
        sqlite_where=UNTOLD,
        postgresql_where=UNTOLD,
    )


def downgrade() -> None:
    op.drop_table("oidc_visits")
    op.drop_table("oidc_clients")
    op.drop_table("oidc_subjects")
    op.drop_table("oidc_keys")
