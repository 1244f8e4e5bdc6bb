"""Requests when several people press at the same moment."""

from __future__ import annotations

import pytest

from tests import cast
from tests.domain.requests.test_requests import (
    BO,
    MAY,
    ask,
    change_settings,
    make_admin,
    newest,
    propose,
    state,
)
from tests.support.together import at_once, together
from webapp import clock
from webapp.db import db
from webapp.domain import invitations
from webapp.domain.links import answers
from webapp.domain.links import asks as link_asks
from webapp.domain.requests import asks, decisions, lapses, proposals, telling
from webapp.models import Delivery, Event, Invitation, Request

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def invited(email=BO):
    return db.session.query(Invitation).filter_by(email=email).count()


def events(name):
    return db.session.query(Event).filter_by(name=name).count()


def decide(verb, request_id, by=cast.PRIYA):
    return lambda: verb(cast.organization(), request_id, by=cast.person(by))


def test_two_admins_approve_at_once_and_one_invitation_is_made(app):
    make_admin()
    request_id = propose().id
    outcomes = together(
        app,
        *(decide(decisions.approve, request_id, by) for by in (cast.PRIYA, cast.MARCO) * 3),
    )
    assert sorted(outcomes) == ["Refusal"] * 5 + ["done"]
    assert invited() == events("RequestApproved") == 1


@pytest.mark.parametrize("verb", ["withdraw", "decline"])
def test_approved_while_it_is_withdrawn_or_declined(app, verb):
    make_admin()
    request = propose()
    by = cast.CHEN if verb == "withdraw" else cast.MARCO
    outcomes = together(
        app,
        decide(decisions.approve, request.id),
        decide(getattr(decisions, verb), request.id, by),
    )
    assert sorted(outcomes) == ["Refusal", "done"]
    assert invited() == (1 if state(request) == "approved" else 0)
    assert events("RequestApproved") + events("RequestDeclined") == 1


def test_it_lapses_while_it_is_approved(app, travel):
    request = propose()
    travel(days=14)
    outcomes = together(app, decide(decisions.approve, request.id), lapses.sweep, lapses.sweep)
    assert outcomes == ["Refusal", "done", "done"]
    assert state(request) == "lapsed"
    assert events("RequestDeclined") == 1


def test_approved_while_the_address_is_invited(app):
    make_admin()
    request = propose()

    def invite():
        by = cast.person(cast.MARCO)
        invitations.create(cast.organization(), by=by, email=BO, role="manager")

    outcomes = together(app, decide(decisions.approve, request.id), invite)
    assert sorted(outcomes) == ["Refusal", "done"]
    assert invited() == 1
    assert state(request) == ("approved" if outcomes[0] == "done" else "open")


def test_an_address_is_proposed_by_two_at_once(app):
    acts = [
        lambda by=by: proposals.propose(cast.organization(), by=cast.person(by), email=BO)
        for by in (cast.CHEN, cast.MARCO)
    ]
    assert sorted(together(app, *acts)) == ["Refusal", "done"]
    assert db.session.query(Request).count() == 1


def test_somebody_presses_more_often_at_once_than_a_month_allows(app):
    change_settings(proposals_per_month=3)

    def press(number):
        acme, chen = cast.organization(), cast.person(cast.CHEN)
        proposals.propose(acme, by=chen, email=f"p{number}@example.org")

    outcomes = at_once(app, press, 8)
    assert sorted(outcomes) == ["UsedUp"] * 5 + ["done"] * 3


def test_an_address_asks_20_times_at_once_while_workers_look(app):
    change_settings(takes_asks=True)

    def act(number):
        if number % 4 == 0:
            asks.sort()
        else:
            asks.ask(cast.organization(), email=BO, name=None, reason=None)

    assert at_once(app, act, 20) == ["done"] * 20
    asks.sort()
    assert db.session.query(Request).count() == events("RequestMade") == 1


def test_strangers_are_decided_about_while_a_worker_looks(app):
    request = ask(BO)
    outcomes = together(app, decide(decisions.approve, request.id), asks.sort, asks.sort)
    assert outcomes == ["done"] * 3
    assert state(request) == "approved"
    assert events("RequestMade") == 1


def test_admins_are_told_once_by_many_workers(app):
    propose()
    assert at_once(app, lambda _: telling.run(), 6) == ["done"] * 6
    assert db.session.query(Delivery).filter_by(kind="requests").count() == 1


def test_the_last_place_of_a_link_is_asked_for_while_a_request_is_approved(app):
    link = cast.join_link(approval=True, most_uses=2)
    code = cast.code_of(link)
    link_asks.ask(code, email=BO)
    answers.answer_asks()
    request_id = newest().id
    outcomes = together(
        app,
        decide(decisions.approve, request_id),
        lambda: link_asks.ask(code, email=MAY),
        lambda: link_asks.ask(code, email="jo@example.org"),
        lambda: link_asks.ask(code, email="kim@example.org"),
    )
    assert outcomes[0] == "done"
    assert sorted(outcomes[1:]) == ["Closed", "Closed", "done"]
    answers.answer_asks()
    db.session.rollback()
    now = clock.now()
    waiting = db.session.query(Request).filter(Request.is_open(now)).count()
    assert waiting + invited() == 2
