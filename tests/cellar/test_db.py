"""What a transaction is here, on both databases."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.exc import IntegrityError

from tests import cast
from webapp.constraints import violated
from webapp.db import Base, after_commit, before_commit, db, transaction
from webapp.models import DailyCount, Organization

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def name_of(slug="acme"):
    db.session.rollback()
    return cast.organization(slug).name


def test_what_a_verb_writes_is_there_for_others_afterwards():
    @transaction()
    def rename():
        cast.organization().name = "New"

    rename()
    assert name_of() == "New"


def test_what_is_written_outside_a_verb_is_refused_before_it_is_written():
    before = name_of()
    cast.organization().name = "Stray"
    with pytest.raises(RuntimeError, match="outside a transaction"):
        db.session.commit()
    assert name_of() == before


def test_a_verb_that_fails_has_written_nothing_and_its_hooks_do_not_run():
    ran = []

    @transaction()
    def rename():
        cast.organization().name = "New"
        after_commit(lambda: ran.append(1))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        rename()
    assert (name_of(), ran) == ("Acme", [])


def test_hooks_run_after_the_outermost_verb_has_committed():
    seen = []

    @transaction()
    def inner():
        cast.organization().name = "Inner"
        after_commit(lambda: seen.append(("hook", name_of())))

    @transaction()
    def outer():
        inner()
        seen.append("inner is done")
        cast.organization().name = "Outer"

    outer()
    assert seen == ["inner is done", ("hook", "Outer")]


def test_a_verb_reads_anew_what_was_read_before_it(app):
    before = cast.organization()
    assert before.name == "Acme"

    def elsewhere():
        with app.app_context():
            rename()
            db.session.remove()

    @transaction()
    def rename():
        cast.organization().name = "Meanwhile"

    other = threading.Thread(target=elsewhere)
    other.start()
    other.join(30)

    @transaction()
    def look():
        return before.name

    assert look() == "Meanwhile"


def test_a_named_constraint_becomes_the_exception_of_the_verb():
    class Taken(Exception):
        pass

    @transaction({"uq_organizations_slug": Taken})
    def add():
        db.session.add(Organization(slug="acme", name="Again", created_at=_now()))

    with pytest.raises(Taken):
        add()


def test_an_unnamed_constraint_stays_what_it_is():
    @transaction({"uq_organizations_slug": ValueError})
    def add():
        db.session.add(DailyCount(day="2026-01-01", kind="x", subject="y", count=1))
        db.session.flush()
        db.session.execute(
            db.insert(DailyCount).values(day="2026-01-01", kind="x", subject="y", count=1)
        )

    with pytest.raises(IntegrityError) as refused:
        add()
    assert violated(refused.value, Base.metadata) in ("pk_daily_counts", None)


class Taken(Exception):
    """The refusal of a verb whose constraint was violated."""


@transaction({"uq_organizations_slug": Taken})
def found_again():
    after_commit(lambda: pytest.fail("what was undone has no hooks"))
    before_commit(lambda items: pytest.fail("nor last acts"), 1)
    cast.organization("evil").name = "Undone"
    db.session.flush()
    # Added, and not yet written: it is the end of this verb that the database refuses.
    db.session.add(Organization(slug="acme", name="Again", created_at=_now()))


def test_a_verb_inside_another_has_the_constraints_that_it_names():
    @transaction()
    def outer():
        cast.organization().name = "Outer"
        found_again()

    with pytest.raises(Taken):
        outer()
    assert (name_of(), name_of("evil")) == ("Acme", "Evil Corp")


def test_the_inner_verb_is_asked_first_and_the_outer_one_for_what_is_left():
    class Other(Exception):
        pass

    @transaction({"uq_organizations_slug": Other})
    def knows_it():
        found_again()

    @transaction({"no_such_constraint": Taken})
    def found_unnamed():
        db.session.add(Organization(slug="acme", name="Again", created_at=_now()))

    @transaction({"uq_organizations_slug": Other})
    def knows_what_is_left():
        found_unnamed()

    with pytest.raises(Taken):
        knows_it()
    with pytest.raises(Other):
        knows_what_is_left()


def test_a_verb_that_answers_an_inner_refusal_keeps_its_own_writes_and_nothing_of_the_other():
    seen = []

    @transaction()
    def outer():
        cast.organization().name = "Outer"
        after_commit(lambda: seen.append("hook"))
        before_commit(seen.extend, "last act")
        with pytest.raises(Taken):
            found_again()
        # On PostgreSQL a transaction that was refused something answers no more questions.
        seen.append(cast.organization("evil").name)

    outer()
    assert seen == ["Evil Corp", "last act", "hook"]
    assert (name_of(), name_of("evil")) == ("Outer", "Evil Corp")


def test_eight_writers_that_read_first_all_get_their_turn(app):
    start = threading.Barrier(8)

    @transaction()
    def count():
        query = db.select(DailyCount).where(DailyCount.kind == "turns").with_for_update()
        db.session.scalars(query).one().count += 1

    @transaction()
    def begin():
        db.session.add(DailyCount(day="2026-01-01", kind="turns", subject="x", count=0))

    def press():
        with app.app_context():
            start.wait()
            count()
            db.session.remove()

    begin()
    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    db.session.rollback()
    assert db.session.query(DailyCount).filter_by(kind="turns").one().count == 8


def _now():
    return cast.organization().created_at
