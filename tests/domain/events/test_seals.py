"""The chain over the trail of events: what it finds, and that nobody waits in a circle for it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests import cast
from tests.support.together import at_once
from webapp.connections import writing
from webapp.db import db, transaction
from webapp.domain import events
from webapp.domain.accounts import sign_ins
from webapp.domain.audit import verification
from webapp.domain.events import seals
from webapp.models import Event, EventSeal, TrailHead

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def by_hand(statement, **values):
    """Somebody who has the database, and switches off what refuses them."""
    db.session.rollback()
    options = writing(db.engine.dialect)
    with db.engine.connect().execution_options(**options) as connection, connection.begin():
        if db.engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement), values)


def findings(slug="acme"):
    return [str(one) for one in verification.of(cast.organization(slug)).findings]


def trailed(slug="acme"):
    rows = db.session.query(EventSeal).filter_by(organization_id=cast.organization(slug).id)
    found = rows.order_by(EventSeal.line).all()
    db.session.expunge_all()  # as they were, whatever somebody does to them
    return found


@pytest.fixture
def lines():
    """The lines of Acme's trail, with a few invitations in it."""
    for number in range(3):
        cast.invited(f"p{number}@example.org")
    return trailed()


def test_what_was_only_written_is_whole(lines):
    report = verification.of(cast.organization())
    assert report.is_whole
    assert report.lines == len(lines) > 3
    assert report.older == 0
    assert all(one.is_whole for one in verification.everything())


def test_every_altered_line_is_found_and_named(lines):
    for line in (lines[0], lines[2], lines[-1]):
        for column, value in (
            ("name", "InvitationRevoked"),
            ("at", "2020-01-01 00:00:00+00"),
            ("actor", "system"),
            ("request_id", "another"),
            ("email_key", "somebody@else.example"),
            ("data", '{"email": "x"}'),
            ("person_id", 99),
        ):
            at = {"id": line.event_id}
            before = db.session.execute(
                text(f"SELECT CAST({column} AS TEXT) FROM events WHERE id = :id"), at
            ).scalar()
            cast_to = "" if db.engine.dialect.name == "sqlite" else f"::{_type(column)}"
            change = f"UPDATE events SET {column} = (:value){cast_to} WHERE id = :id"
            by_hand(change, value=value, **at)
            (found,) = findings()
            assert found.startswith(f"line {line.line}, event {line.event_id}: "), column
            by_hand(change, value=before, **at)
    assert not findings()


def _type(column):
    return {"at": "timestamptz", "data": "json", "person_id": "bigint"}.get(column, "text")


def test_every_deleted_line_is_found_and_named(lines):
    for line in (lines[-1], lines[3], lines[0]):
        by_hand("DELETE FROM events WHERE id = :id", id=line.event_id)
        found = findings()[0]
        assert found.startswith(f"line {line.line}, event {line.event_id}: This event is missing")
    assert len(findings()) == 3


def test_all_that_was_done_to_a_trail_is_found_in_one_go(lines):
    change = "UPDATE events SET actor = 'system' WHERE id = :id"
    by_hand(change, id=lines[1].event_id)
    by_hand("DELETE FROM events WHERE id = :id", id=lines[3].event_id)
    for line in lines[5:7]:
        by_hand("DELETE FROM events WHERE id = :id", id=line.event_id)
        by_hand("DELETE FROM event_seals WHERE event_id = :id", id=line.event_id)
    by_hand(change, id=lines[-1].event_id)
    by_hand(
        "INSERT INTO events (organization_id, name, at, actor, request_id, data) "
        "SELECT organization_id, name, at, actor, request_id, data FROM events WHERE id = :id",
        id=lines[2].event_id,
    )
    newest = max(event.id for event in db.session.query(Event))
    starts = [
        f"line {lines[1].line}, event {lines[1].event_id}: This event, InvitationCreated of ",
        f"line {lines[3].line}, event {lines[3].event_id}: This event is missing",
        f"line {lines[5].line}: This line is missing, after event {lines[4].event_id}; so are all "
        f"up to line {lines[6].line}.",
        f"line {lines[-1].line}, event {lines[-1].event_id}: This event, InvitationCreated of ",
        f"event {newest}: This event is in no line of the chain",
    ]
    found = findings()
    assert len(found) == len(starts)
    for said, start in zip(found, starts, strict=True):
        assert said.startswith(start)


def test_of_great_damage_some_is_named_and_the_rest_counted(lines, monkeypatch):
    monkeypatch.setattr(verification, "MOST", 2)
    by_hand(
        "UPDATE events SET request_id = 'x' WHERE organization_id = :id", id=cast.organization().id
    )
    report = verification.of(cast.organization())
    assert len(report.findings) == 2
    assert report.more == len(lines) - 2


def test_one_organizations_chain_taken_away_is_told_from_a_time_before_all_chains(lines):
    for table in ("event_seals", "trail_heads"):
        by_hand(f"DELETE FROM {table} WHERE organization_id = :id", id=cast.organization("evil").id)
    found = findings("evil")
    assert found
    assert all("is in no line of the chain" in one for one in found)
    assert not findings()


def test_a_line_taken_out_with_its_seal_is_missed(lines):
    line = lines[3]
    by_hand("DELETE FROM events WHERE id = :id", id=line.event_id)
    by_hand("DELETE FROM event_seals WHERE event_id = :id", id=line.event_id)
    assert findings() == [
        f"line {line.line}: This line is missing, after event {lines[2].event_id}."
    ]


def test_the_last_lines_taken_off_with_their_seals_are_missed(lines):
    for line in lines[-2:]:
        by_hand("DELETE FROM events WHERE id = :id", id=line.event_id)
        by_hand("DELETE FROM event_seals WHERE event_id = :id", id=line.event_id)
    (found,) = findings()
    assert found.startswith(f"line {lines[-2].line}: This line is missing")
    # Setting the end back to it does not help: its signature is missing.
    by_hand(
        "UPDATE trail_heads SET lines = :n, seal = :seal WHERE organization_id = :id",
        n=lines[-3].line,
        seal=lines[-3].seal,
        id=cast.organization().id,
    )
    (found,) = findings()
    assert found.startswith(f"line {lines[-2].line}: The end of the chain was altered")
    # And what is written afterwards does not heal it, though it is written.
    cast.invited("later@example.org")
    (found,) = findings()
    assert found == f"line {lines[-2].line}: Before this line, the end of the chain was altered."


def test_a_taken_away_end_is_missed_and_not_healed_by_going_on(lines):
    by_hand("DELETE FROM trail_heads WHERE organization_id = :id", id=cast.organization().id)
    assert findings() == ["line 1: The end of the chain was removed."]
    cast.invited("later@example.org")
    assert len(findings()) == 1


def test_events_put_in_or_moved_are_found(lines):
    first, second = lines[1].event_id, lines[2].event_id
    by_hand(
        "INSERT INTO events (organization_id, name, at, actor, request_id, data) "
        "SELECT organization_id, name, at, actor, request_id, data FROM events WHERE id = :id",
        id=first,
    )
    newest = max(event.id for event in db.session.query(Event))
    assert findings() == [
        f"event {newest}: This event is in no line of the chain: it was added by other means."
    ]
    by_hand("DELETE FROM events WHERE id = :id", id=newest)
    for number, other in ((-1, first), (first, second), (second, -1)):
        by_hand("UPDATE events SET id = :new WHERE id = :old", new=number, old=other)
    (found, *_) = findings()
    assert found.startswith(f"line {lines[1].line}, event {first}: ")


def test_an_event_moved_to_another_organization_is_found_in_both(lines):
    by_hand(
        "UPDATE events SET organization_id = :evil WHERE id = :id",
        evil=cast.organization("evil").id,
        id=lines[-1].event_id,
    )
    assert len(findings()) == len(findings("evil")) == 1


def test_parallel_writers_neither_break_it_nor_wait_in_a_circle(app):
    acme, evil = cast.organization().id, cast.organization("evil").id

    @transaction()
    def both(number):
        for one in (acme, evil) if number % 2 else (evil, acme):
            events.record(one, "OrganizationResumed", by=events.OPERATOR)
        events.record(None, "SignInFailed", by="system", user_id=None)

    def press(number):
        for turn in range(5):
            both(number)
            cast.invited(f"p{number}-{turn}@example.org", slug="evil" if number % 2 else "acme")

    assert at_once(app, press, 6) == ["done"] * 6
    reports = list(verification.everything())
    assert all(one.is_whole for one in reports), reports
    assert sum(one.lines for one in reports) == db.session.query(Event).count()


def test_what_is_rolled_back_leaves_no_gap(lines):
    @transaction()
    def broken():
        events.record(cast.organization(), "OrganizationResumed", by=events.OPERATOR)
        db.session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    cast.invited("later@example.org")
    assert [one.line for one in trailed()] == list(range(1, len(lines) + 2))
    assert not findings()


def test_an_event_undone_by_a_savepoint_is_not_sealed(lines):
    @transaction()
    def half():
        undone = db.session.begin_nested()
        events.record(cast.organization(), "OrganizationResumed", by=events.OPERATOR)
        undone.rollback()
        events.record(cast.organization(), "OrganizationSuspended", by=events.OPERATOR)

    half()
    assert not findings()
    assert len(trailed()) == len(lines) + 1


def test_changing_the_key_breaks_nothing_and_the_old_one_can_go(lines, make_app, settings):
    old, new = settings["SECRET_KEY"], "another-key-0123456789abcdefghijklmn"
    with make_app(SECRET_KEY=new, SECRET_KEY_FALLBACKS=old).app_context():
        cast.invited("turning@example.org")
        assert seals.renew_keys() >= 2
    with make_app(SECRET_KEY=new).app_context():
        cast.invited("turned@example.org")
        assert not findings()


def test_a_lost_key_stops_nobody_and_is_said(lines, make_app):
    with make_app(SECRET_KEY="another-key-0123456789abcdefghijklmn").app_context():
        cast.invited("after@example.org")
        (found,) = findings()
        assert "cannot be checked" in found


def test_sign_ins_of_nobody_have_a_chain_of_their_own():
    with pytest.raises(Exception, match="not right"):
        sign_ins.sign_in("nobody@example.org", "x")
    report = verification.of(None)
    assert report.is_whole
    assert report.lines == 1
    by_hand("UPDATE events SET actor = 'user' WHERE organization_id IS NULL")
    assert not verification.of(None).is_whole


def test_events_from_before_the_chain_are_counted_and_nothing_is_said_of_them(lines):
    for table in ("event_seals", "trail_heads"):
        by_hand(f"DELETE FROM {table}")
    cast.invited("first@example.org")
    report = verification.of(cast.organization())
    assert (report.older, report.lines, report.findings) == (len(lines), 1, ())


def test_the_chain_is_not_written_where_the_event_is_not():
    assert db.session.query(TrailHead).count() == 2
    with pytest.raises(RuntimeError):
        events.record(None, "SignInFailed", by="system", user_id=None)
    db.session.rollback()


def test_postgresql_refuses_to_change_or_to_forget(lines):
    if db.engine.dialect.name == "sqlite":
        return  # its file is its owner's: there only the chain can tell
    db.session.rollback()
    for table in ("events", "event_seals"):
        for statement in (
            f"UPDATE {table} SET organization_id = 7",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            with pytest.raises(Exception, match="is only added to"), db.engine.begin() as one:
                one.execute(text(statement))
            with pytest.raises(Exception, match="is only added to"), db.engine.begin() as one:
                one.execute(text("SET LOCAL gatehouse.erasing = 'on'"))
                one.execute(text(statement))
