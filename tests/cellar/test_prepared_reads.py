"""One row past SQLAlchemy's results: the same values, and the same errors."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, event, exc, select, text

from tests import cast
from webapp import committed_rows
from webapp.db import db
from webapp.models import Membership, Organization, User
from webapp.prepared_reads import PreparedRead

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]
STATEMENT = (
    select(
        User.id,
        User.full_name,
        User.verified_at,
        User.totp_since,
        Membership.joined_at.label("joined"),
        Organization.requires_second_factor,
    )
    .join(Membership, Membership.user_id == User.id)
    .join(Organization, Organization.id == Membership.organization_id)
    .where(User.email_key == bindparam("email"), Organization.slug == bindparam("slug"))
)
READ = PreparedRead(STATEMENT)
CHEN = {"email": cast.CHEN, "slug": "acme"}


def test_the_row_is_what_sqlalchemy_finds():
    found, expected = READ.one(**CHEN), committed_rows.one(STATEMENT, CHEN)
    assert found._asdict() == expected._asdict()
    assert found.verified_at.tzinfo is not None
    assert found.requires_second_factor is False
    assert READ.one(email="nobody@acme.example", slug="acme") is None
    assert READ.one(email="' OR ''='", slug="acme") is None


def test_a_connection_that_breaks_is_left_and_another_one_answers():
    """After it was looked at, which is where a restart of the server is noticed otherwise."""
    broken = []

    def cut(connection, *_):
        if not broken:
            broken.append(connection)
            connection.close()

    event.listen(db.engine, "checkout", cut)
    try:
        assert READ.one(**CHEN).full_name == "Chen Wei"
    finally:
        event.remove(db.engine, "checkout", cut)
    assert READ.one(**CHEN).full_name == "Chen Wei"
    assert db.engine.pool.checkedout() == 0


def test_what_the_database_refuses_is_an_error_as_everywhere():
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE memberships RENAME TO gone"))
    with pytest.raises(exc.DBAPIError):
        READ.one(**CHEN)
    assert db.engine.pool.checkedout() == 0
