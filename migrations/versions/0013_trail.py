"""The audit trail: what it is searched by, its chain of seals, and that it is only added to."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FILTERS = {
    "actor_id": ["actor_id"],
    "actor_name": ["actor_id", "name"],
    "person_id": ["person_id"],
    "email_key": ["email_key"],
}
# What may be changed in a row, and only by what erases a person's data.
ERASABLE = {"events": "data, email_key", "event_seals": "salt"}


def upgrade() -> None:
    op.add_column("events", sa.Column("person_id", BIG, nullable=True))
    op.add_column("events", sa.Column("email_key", sa.String(length=320), nullable=True))
    sqlite = op.get_bind().dialect.name == "sqlite"
    of_data = "json_extract(data, '$.{}')" if sqlite else "data ->> '{}'"
    op.execute(
        f"UPDATE events SET person_id = CAST({of_data.format('user_id')} AS BIGINT), "  # noqa: S608
        "email_key = coalesce((SELECT email_key FROM user_invitations "
        f"WHERE user_invitations.id = invitation_id), lower({of_data.format('email')}))"
    )
    op.drop_index("ix_events_trail", "events")
    op.create_index("ix_events_trail", "events", ["organization_id", "at", "id"])
    op.create_index("ix_events_name", "events", ["organization_id", "name", "at", "id"])
    for name, columns in FILTERS.items():
        given = sa.text(f"{columns[0]} IS NOT NULL")
        op.create_index(
            f"ix_events_{name}",
            "events",
            ["organization_id", *columns, "at", "id"],
            sqlite_where=given,
            postgresql_where=given,
        )
    op.create_table(
        "event_seals",
        sa.Column("organization_id", BIG, autoincrement=False, nullable=False),
        sa.Column("line", BIG, autoincrement=False, nullable=False),
        sa.Column("event_id", BIG, nullable=False),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "line", name=op.f("pk_event_seals")),
    )
    op.create_index("ix_event_seals_event", "event_seals", ["event_id"])
    op.create_table(
        "trail_heads",
        sa.Column("organization_id", BIG, autoincrement=False, nullable=False),
        sa.Column("lines", BIG, nullable=False),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.Column("proof", sa.LargeBinary(length=32), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("broken_line", BIG, nullable=True),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_trail_heads")),
    )
    if not sqlite:
        op.execute(REFUSE)
        for table, columns in ERASABLE.items():
            row, whole = (
                f"CREATE TRIGGER {table}_{kind} BEFORE {what} ON {table} FOR EACH {each} "
                f"EXECUTE FUNCTION only_added_to('{columns}')"
                for kind, what, each in (
                    ("only_added_to", "UPDATE OR DELETE", "ROW"),
                    ("not_emptied", "TRUNCATE", "STATEMENT"),
                )
            )
            op.execute(row)
            op.execute(whole)


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        for table in ERASABLE:
            op.execute(f"DROP TRIGGER {table}_only_added_to ON {table}")
            op.execute(f"DROP TRIGGER {table}_not_emptied ON {table}")
        op.execute("DROP FUNCTION only_added_to()")
    op.drop_table("trail_heads")
    op.drop_table("event_seals")
    for name in (*FILTERS, "name", "trail"):
        op.drop_index(f"ix_events_{name}", "events")
    op.create_index("ix_events_trail", "events", ["organization_id", "id"])
    op.drop_column("events", "email_key")
    op.drop_column("events", "person_id")


# Erasing says so by a setting of its transaction, and then changes nothing but what may be erased.
REFUSE = """
CREATE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    erasable text[];
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('gatehouse.erasing', true) = 'on' THEN
        erasable := string_to_array(TG_ARGV[0], ', ');
        IF to_jsonb(NEW) - erasable = to_jsonb(OLD) - erasable THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
