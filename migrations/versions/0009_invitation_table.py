"""The table of invitations at any size: indexes for each order, counts, and a search for any part.

Both databases keep `invitation_counts` and `invitation_search` by triggers, so no writer can forget
them. A later migration that rebuilds user_invitations on SQLite (batch_alter_table does) drops its
triggers and has to call `make_triggers` again; a test looks for them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXES = {
    "email": ["organization_id", "email_key", "id"],
    "state_email": ["organization_id", "state", "email_key", "id"],
    "expires": ["organization_id", "expires_at", "id"],
    "state_expires": ["organization_id", "state", "expires_at", "id"],
    "inviter": ["organization_id", "inviter_id", "id"],
}
UNDELIVERED = [["id"], ["email_key", "id"], ["expires_at", "id"]]


def upgrade() -> None:
    op.add_column("user_invitations", sa.Column("words", sa.Text(), nullable=True))
    op.execute("UPDATE user_invitations SET words = lower(email || ' ' || coalesce(name, ''))")
    for name, columns in INDEXES.items():
        op.create_index(f"ix_user_invitations_{name}", "user_invitations", columns)
    for columns in UNDELIVERED:
        op.create_index(
            f"ix_user_invitations_delivery_{'_'.join(columns)}",
            "user_invitations",
            ["organization_id", "delivery_state", *columns],
            sqlite_where=sa.text("delivery_state <> 'sent'"),
            postgresql_where=sa.text("delivery_state <> 'sent'"),
        )
    op.create_table(
        "invitation_counts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("delivery_state", sa.String(length=20), nullable=False),
        sa.Column("n", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_invitation_counts_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_counts")),
    )
    op.create_index(
        "ix_invitation_counts_key",
        "invitation_counts",
        ["organization_id", "state", "delivery_state"],
    )
    op.execute(
        "INSERT INTO invitation_counts (organization_id, state, delivery_state, n) "
        "SELECT organization_id, state, coalesce(delivery_state, ''), count(*) "
        "FROM user_invitations GROUP BY 1, 2, 3"
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (SQLITE_SEARCH if sqlite else POSTGRESQL_SEARCH).split(";;"):
        op.execute(sa.text(statement.replace(":", r"\:")))
    make_triggers()


def make_triggers() -> None:
    """Have the database keep counts and words with the invitations."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (SQLITE_TRIGGERS if sqlite else POSTGRESQL_TRIGGERS).split(";;"):
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("inserted", "counted_anew", "reworded", "deleted"):
            op.execute(f"DROP TRIGGER invitation_{name}")
    else:
        for name in ("inserted", "updated", "deleted"):
            op.execute(f"DROP TRIGGER invitations_{name} ON user_invitations")
            op.execute(f"DROP FUNCTION invitations_{name}()")
    op.drop_table("invitation_search")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION invitation_grams(bigint, text)")
    op.drop_table("invitation_counts")
    for columns in UNDELIVERED:
        op.drop_index(f"ix_user_invitations_delivery_{'_'.join(columns)}", "user_invitations")
    for name in INDEXES:
        op.drop_index(f"ix_user_invitations_{name}", "user_invitations")
    op.drop_column("user_invitations", "words")


# The organization stands in the index: others' invitations are not even looked at.
SQLITE_SEARCH = """
CREATE VIRTUAL TABLE invitation_search USING fts5(organization, words, tokenize = 'trigram');;
INSERT INTO invitation_search (rowid, organization, words)
    SELECT id, 'o' || organization_id || ';', words FROM user_invitations
"""
SQLITE_TRIGGERS = """
CREATE TRIGGER invitation_inserted AFTER INSERT ON user_invitations BEGIN
    UPDATE invitation_counts SET n = n + 1 WHERE organization_id = NEW.organization_id
        AND state = NEW.state AND delivery_state = coalesce(NEW.delivery_state, '');
    INSERT INTO invitation_counts (organization_id, state, delivery_state, n)
        SELECT NEW.organization_id, NEW.state, coalesce(NEW.delivery_state, ''), 1
        WHERE changes() = 0;
    INSERT INTO invitation_search (rowid, organization, words)
        VALUES (NEW.id, 'o' || NEW.organization_id || ';', NEW.words);
END;;
CREATE TRIGGER invitation_counted_anew AFTER UPDATE OF state, delivery_state ON user_invitations
WHEN OLD.state <> NEW.state OR OLD.delivery_state IS NOT NEW.delivery_state BEGIN
    UPDATE invitation_counts SET n = n - 1 WHERE organization_id = OLD.organization_id
        AND state = OLD.state AND delivery_state = coalesce(OLD.delivery_state, '');
    UPDATE invitation_counts SET n = n + 1 WHERE organization_id = NEW.organization_id
        AND state = NEW.state AND delivery_state = coalesce(NEW.delivery_state, '');
    INSERT INTO invitation_counts (organization_id, state, delivery_state, n)
        SELECT NEW.organization_id, NEW.state, coalesce(NEW.delivery_state, ''), 1
        WHERE changes() = 0;
END;;
CREATE TRIGGER invitation_reworded AFTER UPDATE OF words ON user_invitations
WHEN OLD.words IS NOT NEW.words BEGIN
    UPDATE invitation_search SET words = NEW.words WHERE rowid = NEW.id;
END;;
CREATE TRIGGER invitation_deleted AFTER DELETE ON user_invitations BEGIN
    UPDATE invitation_counts SET n = n - 1 WHERE organization_id = OLD.organization_id
        AND state = OLD.state AND delivery_state = coalesce(OLD.delivery_state, '');
    DELETE FROM invitation_search WHERE rowid = OLD.id;
END
"""

# Built-in parts alone: pg_trgm is an extension that not every server has.
POSTGRESQL_SEARCH = """
CREATE FUNCTION invitation_grams(organization bigint, words text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT organization || ':' || substr(words, place, 3)), '{}')
    FROM generate_series(1, length(words) - 2) AS place
$$;;
CREATE TABLE invitation_search (
    invitation_id bigint CONSTRAINT pk_invitation_search PRIMARY KEY
        CONSTRAINT fk_invitation_search_invitation_id REFERENCES user_invitations (id)
        ON DELETE CASCADE,
    organization_id bigint NOT NULL,
    words text NOT NULL
);;
INSERT INTO invitation_search (invitation_id, organization_id, words)
    SELECT id, organization_id, coalesce(words, '') FROM user_invitations;;
CREATE INDEX ix_invitation_search_grams ON invitation_search
    USING gin (invitation_grams(organization_id, words))
"""
# Lines are added and summed later (invitation_counts.sum_up): changing one row would make all
# writers of an organization wait for each other, in an order that could become a circle.
POSTGRESQL_TRIGGERS = """
CREATE FUNCTION invitations_inserted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO invitation_counts (organization_id, state, delivery_state, n)
        SELECT organization_id, state, coalesce(delivery_state, ''), count(*)
        FROM new_rows GROUP BY 1, 2, 3;
    INSERT INTO invitation_search (invitation_id, organization_id, words)
        SELECT id, organization_id, coalesce(words, '') FROM new_rows;
    RETURN NULL;
END $$;;
CREATE FUNCTION invitations_updated() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO invitation_counts (organization_id, state, delivery_state, n)
        SELECT organization_id, state, delivery, sum(n) FROM (
            SELECT organization_id, state, coalesce(delivery_state, '') AS delivery, 1 AS n
            FROM new_rows
            UNION ALL
            SELECT organization_id, state, coalesce(delivery_state, ''), -1 FROM old_rows
        ) AS changes GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
    UPDATE invitation_search SET words = coalesce(new_rows.words, '')
        FROM new_rows JOIN old_rows USING (id)
        WHERE invitation_id = new_rows.id AND new_rows.words IS DISTINCT FROM old_rows.words;
    RETURN NULL;
END $$;;
CREATE FUNCTION invitations_deleted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO invitation_counts (organization_id, state, delivery_state, n)
        SELECT organization_id, state, coalesce(delivery_state, ''), -count(*)
        FROM old_rows GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;;
CREATE TRIGGER invitations_inserted AFTER INSERT ON user_invitations
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION invitations_inserted();;
CREATE TRIGGER invitations_updated AFTER UPDATE ON user_invitations
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION invitations_updated();;
CREATE TRIGGER invitations_deleted AFTER DELETE ON user_invitations
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION invitations_deleted()
"""
