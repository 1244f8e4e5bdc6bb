"""Join links when many press at the same moment: the last place is given once."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.together import at_once, together
from webapp.db import db
from webapp.domain import links
from webapp.domain.invitations import acceptances, join_places, resends
from webapp.domain.links import answers, asks
from webapp.domain.members import roles
from webapp.models import Invitation, JoinAsk

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

BO, MAY = "bo@example.org", "may@example.org"


def uses(link):
    db.session.rollback()
    return join_places.uses(links.find(cast.organization(), link.id))


def invited(link):
    db.session.rollback()
    return db.session.query(Invitation).filter_by(join_link_id=link.id).count()


def test_the_last_place_is_given_once_to_20_at_once(app):
    link = cast.join_link(most_uses=3)
    code = cast.code_of(link)
    for number in range(2):
        asks.ask(code, email=f"first{number}@example.org")
    outcomes = at_once(app, lambda n: asks.ask(code, email=f"p{n}@example.org"), 20)
    assert sorted(outcomes) == ["Closed"] * 19 + ["done"]
    at_once(app, lambda _: answers.answer_asks(), 4)
    assert uses(link)[:3] == (0, 3, 0)


def test_an_address_that_is_asked_for_20_times_at_once_is_invited_once(app):
    link = cast.join_link(most_uses=20)
    code = cast.code_of(link)
    assert at_once(app, lambda _: asks.ask(code, email=BO), 20) == ["done"] * 20
    at_once(app, lambda _: answers.answer_asks(), 4)
    assert uses(link)[:3] == (0, 1, 0)


def test_asking_while_workers_answer_never_exceeds_the_uses(app):
    link = cast.join_link(most_uses=5)
    code = cast.code_of(link)

    def act(number):
        if number % 4 == 0:
            answers.answer_asks()
        else:
            asks.ask(code, email=f"p{number}@example.org")

    outcomes = at_once(app, act, 24)
    assert not [outcome for outcome in outcomes if outcome not in ("done", "Closed")]
    answers.answer_asks()
    assert uses(link)[:3] == (0, 5, 0)


def test_the_last_place_goes_to_an_expired_invitation_or_to_somebody_new(app, travel):
    link = cast.join_link(most_uses=1)
    code = cast.code_of(link)
    asks.ask(code, email=BO)
    answers.answer_asks()
    made_id = cast.invitation(BO).id
    travel(days=8)
    outcomes = together(
        app,
        lambda: resends.resend(cast.organization(), made_id, by=cast.person()),
        lambda: asks.ask(code, email=MAY),
    )
    assert sorted(outcomes) in (["Closed", "done"], ["Refusal", "done"])
    answers.answer_asks()
    assert uses(link).total == 1


def test_accepting_while_the_place_is_asked_for_gives_it_once(app):
    link = cast.join_link(most_uses=1)
    code = cast.code_of(link)
    asks.ask(code, email=BO)
    answers.answer_asks()
    token = cast.mailed_token(cast.invitation(BO))
    outcomes = together(
        app,
        lambda: acceptances.accept(token, full_name="Bo", password=cast.PASSWORD),
        lambda: asks.ask(code, email=MAY),
    )
    assert outcomes == ["done", "Closed"]
    assert uses(link)[:3] == (1, 0, 0)


def test_a_link_is_revoked_while_workers_answer_and_leaves_nobody_waiting(app):
    link = cast.join_link(most_uses=20)
    code = cast.code_of(link)
    for number in range(8):
        asks.ask(code, email=f"p{number}@example.org")
    link_id = link.id

    def revoke():
        by = cast.person()
        links.revoke(cast.organization(), link_id, by=by, open_invitations="revoke")

    outcomes = together(app, answers.answer_asks, revoke, answers.answer_asks)
    assert outcomes == ["done"] * 3
    answers.answer_asks()
    db.session.rollback()
    assert db.session.query(JoinAsk).count() == 0
    assert uses(link)[:3] == (0, 0, 0)


def test_an_author_is_demoted_while_workers_answer_and_invites_nobody_afterwards(app):
    marco = cast.member(cast.MARCO)
    roles.change_role(cast.organization(), marco.id, by=cast.person(), role="admin")
    link = cast.join_link(most_uses=20)
    code = cast.code_of(link)
    for number in range(6):
        asks.ask(code, email=f"p{number}@example.org")
    member_id = cast.member(cast.PRIYA).id

    def demote():
        by = cast.person(cast.MARCO)
        roles.change_role(cast.organization(), member_id, by=by, role="contributor")

    def ask():
        asks.ask(code, email=BO)

    outcomes = together(app, answers.answer_asks, demote, ask)
    assert outcomes[:2] == ["done", "done"]
    assert outcomes[2] in ("done", "Closed")
    answers.answer_asks()
    assert uses(link)[:3] == (0, 0, 0)
    assert cast.invitation(BO) is None or cast.invitation(BO).state == "revoked"
    assert invited(link) <= 7
