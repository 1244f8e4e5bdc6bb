"""Visits: codes that work once, and what is left of them."""

from __future__ import annotations

import pytest
from sqlalchemy import func, insert, select, text, update

from tests import cast
from tests.support import plans
from tests.support.statements import statements
from tests.support.together import at_once, together
from tests.support.visits import wiki
from webapp import clock, signing
from webapp.db import db, transaction
from webapp.domain.accounts import sessions
from webapp.domain.applications import visit_checks, visits
from webapp.domain.operations import sweeps
from webapp.models import Session, Visit

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]
STATE = "the state of Chen's browser"


@pytest.fixture
def application():
    """Acme's wiki."""
    return wiki()


@pytest.fixture
def session():
    """Chen's."""
    return sessions.find(sessions.start(cast.person(cast.CHEN)))


def code(application, session):
    """A code for Chen's browser."""
    return visits.begin(application, by=session, state=signing.digest(STATE))


def enter(application, code):
    """Chen's browser uses it."""
    return visits.enter(application, code, state=STATE)[0]


def count():
    """How many rows there are."""
    return db.session.scalar(select(func.count(Visit.id)))


def test_of_many_who_use_a_code_at_once_one_gets_in(app, application, session):
    made = code(application, session)
    outcomes = at_once(app, lambda _: enter(application, made), 8)
    assert sorted(outcomes) == [*["Unusable"] * 7, "done"]
    assert count() == 1


def test_a_code_used_while_its_session_ends_is_worth_nothing_afterwards(app, application, session):
    made, tokens = code(application, session), []
    together(
        app,
        lambda: tokens.append(enter(application, made)),
        lambda: sessions.end(session.id),
    )
    assert [visit_checks.check(token) for token in tokens] in ([], [None])


def test_codes_and_cookies_are_kept_as_digests_only(application, session):
    made = code(application, session)
    token = enter(application, made)
    kept = str(db.session.execute(select(Visit.__table__)).all())
    assert not any(text in kept for text in (made, token, STATE))


def test_a_code_is_no_visit_and_a_visit_is_no_code(application, session):
    made = code(application, session)
    assert visit_checks.check(made) is None
    token = enter(application, made)
    with pytest.raises(visits.Unusable):
        enter(application, token)
    assert visit_checks.check(token).email == cast.CHEN


def test_entering_again_ends_the_visit_before_in_the_same_session_only(application, session):
    other = sessions.find(sessions.start(cast.person(cast.CHEN)))
    first, elsewhere = (enter(application, code(application, by)) for by in (session, other))
    second = enter(application, code(application, session))
    assert visit_checks.check(first) is None
    assert visit_checks.check(second) is not None
    assert visit_checks.check(elsewhere) is not None


def test_codes_that_nobody_used_are_gone_with_the_next(application, session, travel):
    for _ in range(3):
        code(application, session)
        travel(minutes=2)
    assert count() == 1


def test_what_has_ended_is_swept(application, session, travel):
    enter(application, code(application, session))
    code(application, session)
    travel(minutes=2)
    sweeps.tidy()
    assert count() == 1
    travel(hours=9)
    sweeps.tidy()
    assert count() == 0


def test_a_visit_lasts_no_longer_than_its_session(application, session):
    soon = clock.now().replace(microsecond=0)

    @transaction()
    def shorten():
        db.session.execute(update(Session).values(expires_at=soon + (soon - soon)))

    made = code(application, session)
    shorten()
    with pytest.raises(visits.Unusable):
        enter(application, made)


@transaction()
def many_visits(application, session, number):
    """As many sessions with a visit each."""
    now = clock.now()
    usual = {"user_id": session.user_id, "created_at": now, "last_used_at": now}
    rows = [
        {**usual, "token_hash": f"{n}", "expires_at": session.expires_at} for n in range(number)
    ]
    ids = db.session.scalars(insert(Session).returning(Session.id), rows).all()
    keys = {"organization_id": application.organization_id, "application_id": application.id}
    usual = {**keys, "state_digest": "", "created_at": now, "entered_at": now}
    ends_at = session.expires_at
    visits_of = [{**usual, "session_id": n, "digest": f"{n}", "ends_at": ends_at} for n in ids]
    db.session.execute(insert(Visit), visits_of)


def test_a_check_is_one_read_and_takes_no_more_among_thousands(application, session):
    token = enter(application, code(application, session))
    query = visit_checks._BY_DIGEST.params(digest=signing.digest(token))
    with statements(db.engine) as seen:
        assert visit_checks.check(token) is not None
    assert len(seen) == 1
    few = plans.cost(query)
    many_visits(application, session, 5000)
    if db.engine.dialect.name == "postgresql":
        transaction()(lambda: db.session.execute(text("ANALYZE")))()
    assert plans.cost(query) <= 1.5 * few
