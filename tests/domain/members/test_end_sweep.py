"""What follows from an end: the sweep, the mails before it, and coming back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import cast
from tests.support.meanwhile import once
from tests.support.together import together
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import invitations, outbox
from webapp.domain.accounts import api_keys, sessions
from webapp.domain.errors import Refusal
from webapp.domain.invitations import acceptances
from webapp.domain.members import admin_alarms, end_notices, end_sweep, ends, roles
from webapp.domain.operations import doctor
from webapp.domain.organizations import days
from webapp.models import AccessTerm, ApiKey, Delivery, Event, Invitation, Membership, Session

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def set_end(email=cast.CHEN, by=cast.PRIYA, **how):
    return ends.set_end(
        cast.organization(),
        cast.member(email).id,
        by=cast.person(by),
        ends_at=clock.now() + timedelta(**(how or {"days": 10})),
    )


def make(email, role):
    roles.change_role(cast.organization(), cast.member(email).id, by=cast.person(), role=role)


@transaction()
def change(email=cast.CHEN, **columns):
    member = cast.member(email)
    for name, value in columns.items():
        setattr(member, name, value)


def sponsored(email, by):
    change(email, sponsor_id=cast.person(by).id if by else None)


def trail(*names):
    query = db.session.query(Event).order_by(Event.id)
    return [(e.name, e.data) for e in query if not names or e.name in names]


def told(smtp):
    """Who was mailed since the last question, with subjects; sorted."""
    outbox.drain()
    found = sorted((mail.rcpt_to[0], mail.message["Subject"]) for mail in smtp.messages)
    smtp.messages.clear()
    return found


# --- the sweep


def test_it_records_an_end_once_and_ends_sessions_and_keys(travel):
    make(cast.MARCO, "admin")
    marco = cast.person(cast.MARCO)
    _key, secret = api_keys.create(
        cast.organization(), by=marco, name="Staff list", scopes=["members:read"], days=None
    )
    here = sessions.start(marco, cast.organization().id)
    elsewhere = sessions.start(marco, cast.organization("evil").id)
    end = set_end(cast.MARCO, days=2).ends_at
    assert end_sweep.sweep() == 0
    travel(days=3)
    assert not cast.member(cast.MARCO).has_access
    assert sessions.find(here)  # the session knows nothing of it yet, and opens nothing
    assert end_sweep.sweep() == 1
    assert end_sweep.sweep() == 0
    assert (sessions.find(here), api_keys.find(secret)) == (None, None)
    assert sessions.find(elsewhere)
    member = cast.member(cast.MARCO)
    assert member.ended_at and member.is_active and member.role == "admin"
    data = {"user_id": marco.id, "email": cast.MARCO, "ends_at": end.isoformat()}
    assert trail("MembershipEnded") == [("MembershipEnded", data)]
    event = db.session.query(Event).filter_by(name="MembershipEnded").one()
    assert (event.actor, event.actor_id) == ("system", None)


def test_an_extension_before_the_sweep_gives_access_back_and_nothing_is_recorded(travel):
    set_end(days=2)
    travel(days=3)
    set_end(days=2)
    assert end_sweep.sweep() == 0
    assert cast.member().has_access
    assert trail("MembershipEnded") == []


def test_somebody_deactivated_or_gone_meanwhile_is_left_alone(travel):
    set_end(days=2)
    roles.deactivate(cast.organization(), cast.member().id, by=cast.person())
    travel(days=3)
    assert end_sweep.sweep() == 0
    roles.reactivate(cast.organization(), cast.member().id, by=cast.person())
    assert not cast.member().has_access
    assert end_sweep.sweep() == 1


@pytest.mark.parametrize("sponsor", [cast.PRIYA, cast.CHEN, None])
def test_open_invitations_go_to_a_sponsor_who_is_an_admin_and_else_are_revoked(sponsor, travel):
    make(cast.MARCO, "admin")
    sponsored(cast.MARCO, sponsor)
    sponsored(cast.CHEN, cast.MARCO)
    marco = cast.person(cast.MARCO)
    for email, term in (("bo@example.org", 30), ("dana@example.org", 1)):
        invitations.create(
            cast.organization(), by=marco, email=email, role="contributor", expiry_days=term
        )
    set_end(cast.MARCO, days=2)
    travel(days=3)
    token = cast.mailed_token(cast.invitation())
    with pytest.raises(Refusal):  # rule 9: the inviter is no admin any more
        acceptances.accept(token, full_name="Bo Lind", password="seven bars and a half")
    assert end_sweep.sweep() == 1
    bo = cast.invitation()
    if sponsor == cast.PRIYA:
        assert (bo.state, bo.inviter_id) == ("pending", cast.person().id)
        assert cast.member().sponsor_id == cast.person().id
        told = {"email": bo.email, "before": marco.id, "inviter": bo.inviter_id}
        assert trail("InvitationHandedOver") == [("InvitationHandedOver", told)]
        acceptances.accept(token, full_name="Bo Lind", password="seven bars and a half")
    else:
        assert bo.state == "revoked"
        assert cast.member().sponsor_id is None


def test_many_ends_are_recorded_in_batches(monkeypatch, travel):
    monkeypatch.setattr(end_sweep, "BATCH", 2)
    make(cast.MARCO, "admin")
    for email in (cast.CHEN, cast.MARCO):
        set_end(email, days=2)
    token = cast.mailed_token(cast.invited())
    acceptances.accept(token, full_name="Bo Lind", password="seven bars and a half")
    set_end("bo@example.org", days=2)
    travel(days=3)
    assert end_sweep.sweep() == 3


# --- the last admin


def leave_only_marco(**end):
    """Marco is an admin with an end; Priya, who had none, is deactivated by the operator."""
    make(cast.MARCO, "admin")
    set_end(cast.MARCO, **end)
    roles.deactivate(cast.organization(), cast.member(cast.PRIYA).id, by=cast.person(cast.MARCO))


def test_an_end_that_would_leave_no_admin_is_put_off_before_it_comes_with_an_alarm(travel, caplog):
    leave_only_marco(days=10)
    acme = cast.organization()
    assert admin_alarms.of(acme) == cast.member(cast.MARCO).ends_at
    assert doctor.is_wrong(doctor.admins(True))
    assert "The access of every admin of acme has an end" in doctor.admins(True).sentence
    assert end_sweep.sweep() == 0
    assert trail("MembershipEndPutOff") == []
    end = cast.member(cast.MARCO).ends_at
    travel(days=9, minutes=1)
    assert end_sweep.sweep() == 0
    member = cast.member(cast.MARCO)
    assert member.ends_at == days.after(cast.organization(), 7, end)
    data = {"user_id": member.user_id, "email": cast.MARCO}
    facts = {"before": end.isoformat(), "ends_at": member.ends_at.isoformat()}
    assert trail("MembershipEndPutOff") == [("MembershipEndPutOff", data | facts)]
    assert "acme would have been left without an admin" in caplog.text
    travel(days=2)
    assert member.has_access
    assert end_sweep.sweep() == 0
    assert len(trail("MembershipEndPutOff")) == 1


def test_the_alarm_ends_with_an_admin_without_an_end(travel):
    leave_only_marco(days=10)
    make_admin = cast.member(cast.CHEN).id
    roles.change_role(cast.organization(), make_admin, by=cast.person(cast.MARCO), role="admin")
    assert admin_alarms.of(cast.organization()) is None
    assert admin_alarms.everywhere() == []
    assert doctor.admins(True).is_ok
    travel(days=11)
    assert end_sweep.sweep() == 1


def test_a_sweep_that_comes_too_late_puts_off_all_the_same(travel):
    leave_only_marco(days=10)
    travel(days=30)
    assert not cast.member(cast.MARCO).has_access
    assert end_sweep.sweep() == 0
    assert cast.member(cast.MARCO).is_active_admin


def test_of_two_last_admins_with_the_same_end_one_stays(travel):
    make(cast.MARCO, "admin")
    end = clock.now() + timedelta(days=10)
    change(cast.PRIYA, ends_at=end)
    change(cast.MARCO, ends_at=end)
    travel(days=9, hours=1)
    end_sweep.sweep()
    assert len(trail("MembershipEndPutOff")) == 1
    travel(days=1)
    assert end_sweep.sweep() == 1


# --- races


def test_extended_at_the_moment_of_the_sweep_one_comes_after_the_other(app, travel):
    set_end(days=2)
    travel(days=3)

    def extend():
        ends.extend(cast.organization(), cast.member().id, by=cast.person())

    assert together(app, end_sweep.sweep, extend) == ["done", "done"]
    member = cast.member()
    assert member.has_access and member.ended_at is None
    assert [name for name, _ in trail("MembershipEnded", "MembershipEndChanged")][-1] == (
        "MembershipEndChanged"
    )


def test_two_sweeps_at_once_record_an_end_once(app, travel):
    set_end(days=2)
    travel(days=3)
    assert together(app, end_sweep.sweep, end_sweep.sweep) == ["done", "done"]
    assert len(trail("MembershipEnded")) == 1


def test_an_end_that_breaks_holds_up_no_other(travel, monkeypatch):
    set_end(days=2)
    set_end(cast.MARCO, days=3)
    travel(days=4)

    def breaks():
        raise RuntimeError("broken")

    once(monkeypatch, ends, "finish", breaks)
    with pytest.raises(RuntimeError, match="broken"):
        end_sweep.sweep()
    assert [data["email"] for _, data in trail("MembershipEnded")] == [cast.MARCO]


def test_a_sponsor_demoted_while_theirs_joins_is_the_sponsor_of_nobody(app):
    make(cast.MARCO, "admin")
    made = invitations.create(
        cast.organization(), by=cast.person(cast.MARCO), email="bo@example.org", role="manager"
    )
    token = cast.mailed_token(made)

    def join():
        acceptances.accept(token, full_name="Bo Lind", password="seven bars and a half")

    def demote():
        roles.change_role(
            cast.organization(),
            cast.member(cast.MARCO).id,
            by=cast.person(),
            role="contributor",
            pending="take over",
        )

    outcomes = together(app, join, demote)
    assert outcomes[1] == "done"
    assert all(not outcome.startswith("broken") for outcome in outcomes)
    if outcomes[0] == "done":
        assert cast.member("bo@example.org").sponsor_id == cast.person().id
    marco = cast.person(cast.MARCO).id
    assert db.session.query(Membership).filter_by(sponsor_id=marco).count() == 0


def test_the_last_two_admins_ended_and_demoted_at_once_leave_one(app):
    make(cast.MARCO, "admin")
    outcomes = together(
        app,
        lambda: ends.end_now(cast.organization(), cast.member(cast.MARCO).id, by=cast.person()),
        lambda: roles.change_role(
            cast.organization(),
            cast.member(cast.PRIYA).id,
            by=cast.person(cast.MARCO),
            role="manager",
        ),
    )
    assert outcomes.count("done") == 1
    admins = [cast.member(email).is_active_admin for email in (cast.PRIYA, cast.MARCO)]
    assert admins.count(True) == 1


# --- the mails before it


@pytest.fixture
def quiet(smtp):
    """The cast's own mails are sent."""
    told(smtp)
    return smtp


def test_member_and_sponsor_are_mailed_seven_days_and_one_day_before_once_each(quiet, travel):
    sponsored(cast.CHEN, cast.MARCO)
    set_end(days=30)
    both = [
        (cast.CHEN, "Your access to Acme ends soon"),
        (cast.MARCO, "Acme: access that ends soon"),
    ]
    for ahead, expected in (
        ({}, []),
        ({"days": 22, "hours": 23}, []),
        ({"hours": 2}, both),
        ({"days": 3}, []),
        ({"days": 2, "hours": 23}, both),
        ({"hours": 12}, []),
        ({"days": 3}, []),
    ):
        travel(**ahead)
        end_notices.send_due()
        end_notices.send_due()
        assert told(quiet) == expected, ahead
    names = [name for name, _ in trail("MembershipEndAnnounced")]
    assert len(names) == 2


def test_a_new_end_is_announced_anew_and_none_that_was_due_before_it_was_set(quiet, travel):
    sponsored(cast.CHEN, None)
    set_end(days=3)  # the mail of seven days before is not made up for
    end_notices.send_due()
    assert told(quiet) == []
    set_end(days=10)
    travel(days=4)
    end_notices.send_due()
    assert [to for to, _ in told(quiet)] == [cast.CHEN]
    set_end(days=10)
    end_notices.send_due()
    assert told(quiet) == []
    travel(days=4)
    end_notices.send_due()
    assert [to for to, _ in told(quiet)] == [cast.CHEN]


def test_the_mails_say_until_when_whom_to_ask_and_where_one_button_extends(quiet, travel):
    sponsored(cast.CHEN, cast.MARCO)
    acme = cast.organization()
    end = days.after(acme, 8)
    ends.set_end(acme, cast.member().id, by=cast.person(), ends_at=end)
    travel(days=3)
    end_notices.send_due()
    outbox.drain()
    texts = {
        mail.rcpt_to[0]: mail.message.get_body(("plain",)).get_content() for mail in quiet.messages
    }
    until = days.in_words(acme, end)
    assert until in texts[cast.CHEN] and "ask Marco Rossi" in texts[cast.CHEN]
    assert f"Chen Wei ({cast.CHEN}): until {until}" in texts[cast.MARCO]
    assert "http://gatehouse.test/orgs/acme/members?status=ending" in texts[cast.MARCO]


def test_what_was_extended_before_the_mail_left_is_not_sent(quiet, travel):
    sponsored(cast.CHEN, cast.MARCO)
    set_end(days=8)
    travel(days=2)
    end_notices.send_due()
    set_end(days=60)
    assert told(quiet) == []
    query = db.session.query(Delivery).filter(Delivery.kind.in_(("ending", "sponsored")))
    assert {row.state for row in query} == {"suppressed"}


def test_a_sponsor_without_access_hears_nothing_and_the_member_asks_an_admin(quiet, travel):
    sponsored(cast.CHEN, cast.MARCO)
    set_end(days=8)
    ends.end_now(cast.organization(), cast.member(cast.MARCO).id, by=cast.person())
    sponsored(cast.CHEN, cast.MARCO)  # as if it had ended just now
    travel(days=2)
    end_notices.send_due()
    outbox.drain()
    assert [mail.rcpt_to[0] for mail in quiet.messages] == [cast.CHEN]
    text = quiet.messages[0].message.get_body(("plain",)).get_content()
    assert "ask an admin of Acme" in text


# --- joining and coming back


@transaction()
def offering(invitation_id, **columns):
    invitation = db.session.get_one(Invitation, invitation_id)
    for name, value in columns.items():
        setattr(invitation, name, value)


def accepted(**columns):
    made = cast.invited()
    offering(made.id, **columns)
    acceptances.accept(
        cast.mailed_token(cast.invitation()),
        full_name="Bo Lind",
        password="seven bars and a half",
    )
    return cast.member("bo@example.org")


def test_who_joins_gets_the_end_that_the_invitation_names():
    until = clock.now() + timedelta(days=3)
    assert accepted(access_until=until).ends_at == until


def test_days_count_from_joining(travel):
    made = cast.invited()
    offering(made.id, access_days=30)
    travel(days=2)
    acceptances.accept(
        cast.mailed_token(cast.invitation()), full_name="Bo Lind", password="seven bars and a half"
    )
    assert cast.member("bo@example.org").ends_at == days.after(cast.organization(), 30)


@transaction()
def terms(role="contributor", **values):
    db.session.merge(AccessTerm(organization_id=cast.organization().id, role=role, **values))


def test_a_longest_term_set_meanwhile_holds_for_who_joins_now():
    terms(longest_days=5)
    assert accepted().ends_at == days.after(cast.organization(), 5)


def test_somebody_whose_access_ended_joins_again_in_the_same_place(travel):
    token = sessions.start(cast.person(cast.CHEN), cast.organization().id)
    before = ends.end_now(cast.organization(), cast.member().id, by=cast.person())
    made = invitations.create(
        cast.organization(), by=cast.person(), email=cast.CHEN, role="manager"
    )
    offering(made.id, access_days=10)
    assert sessions.find(token) is None
    acceptances.join(cast.mailed_token(made), by=cast.person(cast.CHEN))
    member = cast.member()
    assert (member.id, member.joined_at) == (before.id, before.joined_at)
    assert (member.role, member.ended_at) == ("manager", None)
    assert member.has_access and member.ends_at == days.after(cast.organization(), 10)
    assert db.session.query(Membership).filter_by(user_id=member.user_id).count() == 1


def test_a_member_with_access_and_a_deactivated_one_are_not_invited():
    with pytest.raises(Refusal, match="already a member"):
        cast.invited(cast.CHEN)
    ends.end_now(cast.organization(), cast.member().id, by=cast.person())
    made = cast.invited(cast.CHEN)
    roles.deactivate(cast.organization(), cast.member().id, by=cast.person())
    with pytest.raises(Refusal, match="already a member"):
        acceptances.join(cast.mailed_token(made), by=cast.person(cast.CHEN))
    assert not cast.member().has_access


def test_nothing_is_left_of_an_ended_member_here():
    ends.end_now(cast.organization(), cast.member().id, by=cast.person())
    assert db.session.query(ApiKey).count() == 0
    assert db.session.query(Session).filter(Session.revoked_at.is_(None)).count() == 0
