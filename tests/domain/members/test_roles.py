"""Rules 15, M1, M2 and M3: roles, deactivation, and who may take what away from whom."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from sqlalchemy import event

from tests import cast
from tests.support.together import at_once, together
from webapp.db import db
from webapp.domain import events, invitations, outbox
from webapp.domain.accounts import sessions, sign_ins
from webapp.domain.errors import Forbidden, NotFound, Refusal
from webapp.domain.events import OPERATOR, sentences
from webapp.domain.invitations import acceptances, link_status, links, renewal_requests, resends
from webapp.domain.invitations.link_status import LinkStatus
from webapp.domain.members import organization_setup, roles
from webapp.domain.operations import sweeps
from webapp.models import Event, Invitation, Membership, Session

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

NEW = {"full_name": "Bo Lind", "password": "seven bars and a half"}
VERBS = {
    "change_role": lambda org, one, by: roles.change_role(org, one, by=by, role="manager"),
    "deactivate": lambda org, one, by: roles.deactivate(org, one, by=by),
    "reactivate": lambda org, one, by: roles.reactivate(org, one, by=by),
    "sign_out": lambda org, one, by: roles.sign_out_everywhere(org, one, by=by),
}
every_verb = pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
# What takes an admin's right away.
LOSSES = {
    "demoted": lambda one, by, **how: roles.change_role(
        cast.organization(), one, by=by, role="contributor", **how
    ),
    "deactivated": lambda one, by, **how: roles.deactivate(cast.organization(), one, by=by, **how),
}
both_losses = pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)


def trail(name=None):
    """Events about members and invitations: names and data, oldest first."""
    query = db.session.query(Event).order_by(Event.id)
    return [(e.name, e.data) for e in query if name is None or e.name == name]


def live_sessions(email):
    person = cast.person(email)
    return db.session.query(Session).filter_by(user_id=person.id, revoked_at=None).count()


@pytest.fixture
def marco():
    """Marco is an admin, too, with two open invitations; and an expired one."""
    roles.change_role(
        cast.organization(), cast.member(cast.MARCO).id, by=cast.person(), role="admin"
    )
    for email in ("bo@example.org", "dana@example.org"):
        invitations.create(
            cast.organization(), by=cast.person(cast.MARCO), email=email, role="contributor"
        )
    return cast.member(cast.MARCO)


@every_verb
@pytest.mark.parametrize("email", [cast.EVE, cast.CHEN, cast.MARCO])
def test_only_admins_of_the_organization_change_its_members(verb, email):
    before = len(trail())
    with pytest.raises(Forbidden):
        verb(cast.organization(), cast.member(cast.CHEN).id, cast.person(email))
    assert (cast.member().role, cast.member().status) == ("contributor", "active")
    assert len(trail()) == before


@every_verb
def test_another_organizations_member_is_as_unknown_as_none(verb):
    for one in (cast.member(cast.CHEN).id, 999_999):
        with pytest.raises(NotFound):
            verb(cast.organization("evil"), one, cast.person(cast.EVE))


def test_a_new_role_its_event_and_the_end_of_all_sessions_come_together():
    token = sessions.start(cast.person(cast.CHEN))
    changed = roles.change_role(
        cast.organization(), cast.member().id, by=cast.person(), role="manager"
    )
    assert (changed.role, cast.member().role) == ("manager", "manager")
    assert sessions.find(token) is None
    assert live_sessions(cast.CHEN) == 0
    data = {"user_id": changed.user_id, "email": cast.CHEN}
    assert trail()[-1] == ("RoleChanged", {**data, "before": "contributor", "role": "manager"})
    event = db.session.query(Event).filter_by(name="RoleChanged").one()
    said = sentences.sentence(event, cast.person())
    assert said == "Priya Shah made chen@acme.example a manager."


@pytest.mark.parametrize("name", ["RoleChanged", "InvitationRevoked"])
def test_when_an_event_cannot_be_written_nothing_has_changed(marco, monkeypatch, name):
    real = events._row

    def fail(organization, event, *rest):
        if event == name:
            raise RuntimeError
        return real(organization, event, *rest)

    token = sessions.start(cast.person(cast.MARCO))
    monkeypatch.setattr(events, "_row", fail)
    with pytest.raises(RuntimeError):
        roles.change_role(cast.organization(), marco.id, by=cast.person(), role="manager")
    assert cast.member(cast.MARCO).role == "admin"
    assert cast.invitation().state == "pending"
    assert sessions.find(token) is not None


def test_the_same_role_is_no_change_and_ends_nothing():
    token = sessions.start(cast.person(cast.CHEN))
    before = len(trail())
    roles.change_role(cast.organization(), cast.member().id, by=cast.person(), role="contributor")
    assert len(trail()) == before
    assert sessions.find(token) is not None


@pytest.mark.parametrize("role", ["owner", "", "Admin", "admin "])
def test_an_unknown_role_is_refused(role):
    with pytest.raises(Refusal) as refused:
        roles.change_role(cast.organization(), cast.member().id, by=cast.person(), role=role)
    assert refused.value.field == "role"


def test_nobody_deactivates_themselves(marco):
    for email in (cast.PRIYA, cast.MARCO):
        with pytest.raises(Refusal, match="You cannot deactivate yourself"):
            roles.deactivate(cast.organization(), cast.member(email).id, by=cast.person(email))
    assert cast.member(cast.PRIYA).is_active


@both_losses
@pytest.mark.parametrize("by", [OPERATOR, cast.PRIYA], ids=["operator", "herself"])
def test_the_last_active_admin_stays_one(lose, by, marco):
    roles.deactivate(cast.organization(), marco.id, by=cast.person())
    actor = by if by is OPERATOR else cast.person(by)
    with pytest.raises(Refusal, match=r"last active admin|yourself"):
        lose(cast.member(cast.PRIYA).id, actor)
    assert (cast.member(cast.PRIYA).role, cast.member(cast.PRIYA).status) == ("admin", "active")


def test_an_admin_who_is_not_the_last_may_step_back(marco):
    roles.change_role(cast.organization(), marco.id, by=cast.person(cast.MARCO), role="contributor")
    assert cast.member(cast.MARCO).role == "contributor"
    assert cast.invitation().state == "revoked"


def test_who_steps_back_cannot_take_over_their_own_invitations(marco):
    with pytest.raises(Refusal, match="your own") as refused:
        roles.change_role(
            cast.organization(),
            marco.id,
            by=cast.person(cast.MARCO),
            role="manager",
            pending="take over",
        )
    assert refused.value.field == "pending"
    assert cast.member(cast.MARCO).role == "admin"


@both_losses
def test_pending_invitations_of_who_loses_the_right_are_revoked(lose, marco, smtp):
    mine = cast.invited("mine@example.org")
    lose(marco.id, cast.person())
    for email in ("bo@example.org", "dana@example.org"):
        ended = cast.invitation(email)
        assert (ended.state, ended.ended_at is not None) == ("revoked", True)
        assert link_status.look(cast.mailed_token(ended)).status is LinkStatus.REVOKED
        assert [e.name for e, _ in events.of_invitation(ended)][-1] == "InvitationRevoked"
    assert cast.invitation("mine@example.org").state == mine.state == "pending"
    outbox.drain()
    assert [mail.rcpt_to for mail in smtp.messages] == [["mine@example.org"]]


@both_losses
def test_or_taken_over_and_their_links_go_on_working(lose, marco):
    lose(marco.id, cast.person(), pending="take over")
    taken = cast.invitation()
    assert (taken.state, taken.inviter_id) == ("pending", cast.person().id)
    event, actor = events.of_invitation(taken)[-1]
    assert (event.name, actor) == ("InvitationTakenOver", cast.person())
    assert event.data == {"email": "bo@example.org", "before": marco.user_id}
    acceptances.accept(cast.mailed_token(taken), **NEW)
    assert cast.member("bo@example.org").role == "contributor"


@both_losses
def test_any_other_choice_is_refused(lose, marco):
    with pytest.raises(Refusal) as refused:
        lose(marco.id, cast.person(), pending="keep")
    assert refused.value.field == "pending"
    assert cast.member(cast.MARCO).role == "admin"
    assert cast.member(cast.MARCO).is_active


def test_ended_invitations_stay_as_they_ended(marco, travel):
    invitations.revoke(cast.organization(), cast.invitation().id, by=cast.person())
    before = len(trail("InvitationRevoked"))
    travel(days=8)
    roles.deactivate(cast.organization(), marco.id, by=cast.person())
    assert len(trail("InvitationRevoked")) == before
    assert cast.invitation("dana@example.org").state == "pending"  # its end is the sweep's work


def test_resending_what_a_former_admin_left_puts_it_in_the_actors_name(marco, travel):
    travel(days=8)
    roles.deactivate(cast.organization(), marco.id, by=cast.person())
    again = resends.resend(cast.organization(), cast.invitation().id, by=cast.person())
    assert again.inviter_id == cast.person().id
    assert link_status.look(cast.mailed_token(cast.invitation())).status is LinkStatus.OPEN
    names = [e.name for e, _ in events.of_invitation(again)]
    assert names[-2:] == ["InvitationTakenOver", "InvitationResent"]


def test_resending_for_an_admin_who_is_one_leaves_the_inviter(marco):
    again = resends.resend(cast.organization(), cast.invitation().id, by=cast.person())
    assert again.inviter_id == marco.user_id


def test_a_deactivated_member_keeps_other_organizations():
    made = invitations.create(
        cast.organization("evil"), by=cast.person(cast.EVE), email=cast.CHEN, role="manager"
    )
    acceptances.join(links.token(made, links.MAILED), by=cast.person(cast.CHEN))
    roles.deactivate(cast.organization(), cast.member().id, by=cast.person())
    assert not cast.member(cast.CHEN).is_active
    assert cast.member(cast.CHEN, "evil").is_active


def test_a_deactivated_member_comes_back_in_the_role_they_had(marco):
    roles.deactivate(cast.organization(), marco.id, by=cast.person())
    assert trail()[-1] == ("MemberDeactivated", {"user_id": marco.user_id, "email": cast.MARCO})
    roles.reactivate(cast.organization(), marco.id, by=cast.person())
    assert (cast.member(cast.MARCO).role, cast.member(cast.MARCO).status) == ("admin", "active")
    data = {"user_id": marco.user_id, "email": cast.MARCO, "role": "admin"}
    assert trail()[-1] == ("MemberReactivated", data)


def test_doing_it_twice_is_on_record_once():
    for _ in range(2):
        roles.deactivate(cast.organization(), cast.member().id, by=cast.person())
    for _ in range(2):
        roles.reactivate(cast.organization(), cast.member().id, by=cast.person())
    assert [len(trail(name)) for name in ("MemberDeactivated", "MemberReactivated")] == [1, 1]


def test_a_deactivated_members_role_and_sessions_are_left_alone():
    roles.deactivate(cast.organization(), cast.member().id, by=cast.person())
    token = sessions.start(cast.person(cast.CHEN))
    for verb in (VERBS["change_role"], VERBS["sign_out"]):
        with pytest.raises(Refusal, match="Reactivate them first"):
            verb(cast.organization(), cast.member().id, cast.person())
    assert sessions.find(token) is not None


def test_a_deactivated_member_is_not_invited_anew_but_reactivated():
    roles.deactivate(cast.organization(), cast.member().id, by=cast.person())
    with pytest.raises(Refusal, match=r"belongs to a deactivated member") as refused:
        cast.invited(cast.CHEN)
    assert refused.value.field == "email"


def test_signing_out_everywhere_ends_every_session_and_is_on_record():
    tokens = [sessions.start(cast.person(cast.CHEN)) for _ in range(3)]
    others = sessions.start(cast.person(cast.MARCO))
    roles.sign_out_everywhere(cast.organization(), cast.member().id, by=cast.person())
    assert [sessions.find(token) for token in tokens] == [None] * 3
    assert sessions.find(others) is not None
    assert trail()[-1][0] == "SessionsRevoked"


def test_a_suspended_organizations_members_stay_as_they_are():
    organization = cast.organization()
    organization_setup.organizations.suspend(organization)
    with pytest.raises(Refusal, match="suspended"):
        roles.deactivate(cast.organization(), cast.member().id, by=cast.person())


# ---- At the same moment ----


@both_losses
def test_two_admins_who_take_each_others_right_at_once_do_not_both_win(lose, marco, app):
    pairs = [(cast.PRIYA, cast.MARCO), (cast.MARCO, cast.PRIYA)]

    def act(number):
        by, whom = pairs[number]
        lose(cast.member(whom).id, cast.person(by))

    outcomes = at_once(app, act, 2)
    assert sorted(outcomes) == ["Forbidden", "done"]
    assert active_admins() == 1


def test_two_admins_who_step_back_at_once_do_not_both_go(marco, app):
    def act(number):
        email = (cast.PRIYA, cast.MARCO)[number]
        LOSSES["demoted"](cast.member(email).id, cast.person(email))

    assert sorted(at_once(app, act, 2)) == ["Refusal", "done"]
    assert active_admins() == 1


@both_losses
def test_accepting_and_losing_the_right_at_once_ends_in_one_order_or_the_other(lose, marco, app):
    token = cast.mailed_token(cast.invitation())

    def act(number):
        if number == 0:
            acceptances.accept(token, **NEW)
        else:
            lose(marco.id, cast.person())

    outcomes = at_once(app, act, 2)
    assert outcomes[1] == "done"
    state = cast.invitation().state
    assert (outcomes[0], state) in (("done", "accepted"), ("Gone", "revoked"))
    assert cast.invitation("dana@example.org").state == "revoked"


@both_losses
def test_losing_the_right_waits_for_an_acceptance_under_way(lose, marco, app, monkeypatch):
    token, real = cast.mailed_token(cast.invitation()), link_status._status
    holds, comes, met = threading.Event(), threading.Event(), []

    def look_slowly(link, invitation, is_backed):
        if isinstance(is_backed, partial):  # the invitation is held, the inviter's place not yet
            holds.set()
            met.append(comes.wait(10))
        return real(link, invitation, is_backed)

    monkeypatch.setattr(link_status, "_status", look_slowly)

    def act(number):
        if number == 0:
            acceptances.accept(token, **NEW)
        else:
            met.append(holds.wait(10))
            comes.set()
            lose(marco.id, cast.person())

    assert at_once(app, act, 2) == ["done", "done"]
    assert met == [True, True]
    assert cast.invitation().state == "accepted"


def test_taking_over_and_accepting_at_once_loses_neither(marco, app):
    token = cast.mailed_token(cast.invitation())

    def act(number):
        if number == 0:
            acceptances.accept(token, **NEW)
        else:
            LOSSES["demoted"](marco.id, cast.person(), pending="take over")

    assert at_once(app, act, 2) == ["done", "done"]
    assert cast.invitation().state == "accepted"


def test_a_take_over_between_two_looks_does_not_close_the_link(marco, app):
    token = cast.mailed_token(cast.invitation())
    db.session.rollback()

    def take_over():
        with app.app_context():
            LOSSES["demoted"](marco.id, cast.person(), pending="take over")
            db.session.remove()

    assert link_status.look(token).status is LinkStatus.OPEN
    together(app, take_over)
    assert link_status.look(token).status is LinkStatus.OPEN
    db.session.rollback()
    assert cast.invitation().inviter_id == cast.person().id


def test_a_link_is_looked_up_in_one_statement_so_that_nothing_comes_in_between(marco):
    token, seen = cast.mailed_token(cast.invitation()), []
    db.session.rollback()
    note = lambda *facts: seen.append(facts[2])  # noqa: E731 - it is removed by its name
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        opening = link_status.look(token)
        assert opening.invitation.inviter.email == cast.MARCO
        assert opening.invitation.organization.slug == "acme"
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([sql for sql in seen if not sql.startswith("BEGIN")]) == 1


def test_an_admin_losing_the_right_while_inviting_leaves_no_open_invitation(marco, app):
    def act(number):
        if number == 0:
            LOSSES["deactivated"](marco.id, cast.person())
        else:
            invitations.create(
                cast.organization(),
                by=cast.person(cast.MARCO),
                email=f"new{number}@example.org",
                role="contributor",
            )

    at_once(app, act, 5)
    left = db.session.query(Invitation).filter_by(inviter_id=marco.user_id, state="pending")
    assert left.count() == 0


def test_a_renewal_under_way_leaves_no_open_invitation_of_a_former_admin(marco, app, travel):
    token = cast.mailed_token(cast.invitation())
    travel(days=8)
    sweeps.expire()

    def act(number):
        if number == 0:
            LOSSES["demoted"](marco.id, cast.person())
        else:
            renewal_requests.renew(token)

    outcomes = at_once(app, act, 2)
    assert outcomes[0] == "done"
    assert (outcomes[1], cast.invitation().state) in (("done", "revoked"), ("Gone", "expired"))


def test_changing_deactivating_and_signing_in_all_at_once_ends_in_order(marco, app):
    def act(number):
        admin = cast.person()
        if number % 4 == 0:
            roles.change_role(cast.organization(), cast.member().id, by=admin, role="manager")
        elif number % 4 == 1:
            roles.deactivate(cast.organization(), cast.member().id, by=cast.person(cast.MARCO))
        elif number % 4 == 2:
            roles.sign_out_everywhere(cast.organization(), cast.member().id, by=admin)
        else:
            sign_ins.sign_in(cast.CHEN, cast.PASSWORD)

    outcomes = at_once(app, act, 8)
    assert set(outcomes) <= {"done", "Refusal"}
    assert not cast.member().is_active
    assert len(trail("MemberDeactivated")) == 1


def active_admins():
    return (
        db.session.query(Membership)
        .filter_by(organization_id=cast.organization().id, role="admin", status="active")
        .count()
    )
