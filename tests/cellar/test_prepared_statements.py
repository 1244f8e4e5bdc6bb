"""One row past SQLAlchemy's results, read or changed: the same values, and the same errors."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import bindparam, event, exc, select, text, update

from tests import cast
from tests.support.outages import troubles
from tests.support.together import at_once
from webapp import clock, outages
from webapp.db import db, transaction
from webapp.models import Invitation, Membership, Organization, User
from webapp.outages import Outage
from webapp.prepared_statements import PreparedChange, PreparedRead

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
BO = "bo@example.org"
OPENED = PreparedChange(
    update(Invitation)
    .where(Invitation.email_key == bindparam("email"), Invitation.opened_at.is_(None))
    .values(opened_at=bindparam("now"), message=bindparam("text"), language=None)
)


def open_now(text="Hi"):
    return OPENED.once(email=BO, now=clock.now(), text=text)


@contextmanager
def cut_once():
    """The next connection breaks after it was looked at, which is where a restart of the server
    is noticed otherwise.
    """
    broken = []

    def cut(connection, *_):
        if not broken:
            broken.append(connection)
            connection.close()

    event.listen(db.engine, "checkout", cut)
    try:
        yield
    finally:
        event.remove(db.engine, "checkout", cut)


def test_the_row_is_what_sqlalchemy_finds():
    found, expected = READ.one(**CHEN), db.session.execute(STATEMENT, CHEN).one()
    assert found._asdict() == expected._asdict()
    assert found.verified_at.tzinfo is not None
    assert found.requires_second_factor is False
    assert READ.one(email="nobody@acme.example", slug="acme") is None
    assert READ.one(email="' OR ''='", slug="acme") is None


def test_a_connection_that_breaks_is_left_and_another_one_answers():
    with cut_once():
        assert READ.one(**CHEN).full_name == "Chen Wei"
    assert READ.one(**CHEN).full_name == "Chen Wei"
    assert db.engine.pool.checkedout() == 0


def test_what_the_database_refuses_is_an_error_as_everywhere():
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE memberships RENAME TO gone"))
    with pytest.raises(exc.DBAPIError):
        READ.one(**CHEN)
    assert db.engine.pool.checkedout() == 0


def test_a_moment_and_a_constant_are_asked_for_as_sqlalchemy_would():
    since = select(User.email).where(
        User.email_key == bindparam("email"), User.created_at <= bindparam("now")
    )
    read = PreparedRead(since.limit(1))
    assert read.one(email=cast.CHEN, now=clock.now()).email == cast.CHEN
    created = db.session.scalar(select(User.created_at).where(User.email_key == cast.CHEN))
    assert read.one(email=cast.CHEN, now=created).email == cast.CHEN
    assert read.one(email=cast.CHEN, now=created.replace(year=1999)) is None


def test_a_change_is_committed_and_says_whether_there_was_one_to_make():
    cast.invited(BO)
    now = clock.now()
    assert OPENED.once(email=BO, now=now, text="Hi")
    assert not OPENED.once(email=BO, now=now, text="Hi")
    assert not OPENED.once(email="nobody@example.org", now=now, text="Hi")
    columns = select(Invitation.opened_at, Invitation.message, Invitation.language)
    with db.engine.connect() as another:
        found = another.execute(columns.where(Invitation.email == BO))
        assert found.one() == (now, "Hi", None)
    assert db.engine.pool.checkedout() == 0


def test_of_eight_at_once_one_makes_the_change(app):
    cast.invited(BO)
    made = []
    outcomes = at_once(app, lambda _: made.append(open_now()), 8)
    assert outcomes == ["done"] * 8
    assert sorted(made) == [False] * 7 + [True]


def test_a_change_inside_a_transaction_is_an_error_at_once():
    """It would wait for the lock that the transaction holds, and be kept if that was undone."""
    cast.invited(BO)
    with pytest.raises(RuntimeError, match="inside another"):
        transaction()(open_now)()
    assert open_now()


def test_an_outage_is_the_same_as_elsewhere_and_nothing_was_changed(app, settings):
    cast.invited(BO)
    kinds = troubles(app, settings["DATABASE_URL"])
    assert len(kinds) >= 2
    for word, block in kinds:
        with block(), pytest.raises(exc.DBAPIError) as refused:
            open_now(text="x" * 100_000)  # more than a page has room for
        assert outages.of(refused.value) is Outage(word)
        assert BO not in str(refused.value)
    assert db.engine.pool.checkedout() == 0
    assert open_now()


def test_a_change_by_a_connection_that_breaks_is_not_tried_again(database):
    """Whether it was made cannot be known."""
    cast.invited(BO)
    with cut_once(), pytest.raises(exc.DBAPIError) as broken:
        open_now()
    if database == "postgresql":
        assert outages.of(broken.value) is Outage.AWAY
    assert db.engine.pool.checkedout() == 0
    assert open_now()


def test_a_change_that_the_database_does_not_know_is_our_own_fault():
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE user_invitations RENAME TO gone"))
    with pytest.raises(exc.DBAPIError) as refused:
        open_now()
    assert outages.of(refused.value) is None
    assert db.engine.pool.checkedout() == 0
