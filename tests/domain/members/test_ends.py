"""Rules E1 to E3: when access ends, who may change that, and who is left to decide."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest

from tests import cast
from tests.support.together import together
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import invitations
from webapp.domain.accounts import api_keys, sessions
from webapp.domain.errors import Forbidden, NotFound, Refusal
from webapp.domain.events import OPERATOR, sentences, versions
from webapp.domain.invitations import acceptances
from webapp.domain.members import ends, leaving, roles, sponsors
from webapp.domain.organizations import days, memberships, permissions
from webapp.models import AccessTerm, Event, Membership

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def soon(**how):
    return clock.now() + timedelta(**(how or {"days": 10}))


def set_end(email=cast.CHEN, by=cast.PRIYA, ends_at="soon", **how):
    member = cast.member(email)
    return ends.set_end(
        cast.organization(),
        member.id,
        by=cast.person(by),
        ends_at=soon() if ends_at == "soon" else ends_at,
        **how,
    )


def end_now(email=cast.CHEN, by=cast.PRIYA, **how):
    return ends.end_now(cast.organization(), cast.member(email).id, by=cast.person(by), **how)


def extend(email=cast.CHEN, by=cast.PRIYA, **how):
    return ends.extend(cast.organization(), cast.member(email).id, by=cast.person(by), **how)


def make(email, role):
    roles.change_role(cast.organization(), cast.member(email).id, by=cast.person(), role=role)


@transaction()
def sponsored(email=cast.CHEN, by=cast.MARCO):
    cast.member(email).sponsor_id = cast.person(by).id if by else None


@transaction()
def terms(role="contributor", default=None, longest=None):
    organization_id = cast.organization().id
    db.session.merge(
        AccessTerm(
            organization_id=organization_id,
            role=role,
            default_days=default,
            longest_days=longest,
        )
    )


@transaction()
def zone(name):
    cast.organization().time_zone = name


def trail(*names):
    query = db.session.query(Event).order_by(Event.id)
    return [(e.name, e.data) for e in query if not names or e.name in names]


def last_sentence():
    event = db.session.query(Event).order_by(Event.id.desc()).first()
    return sentences.sentence(event, cast.person() if event.actor_id else None)


# --- has_access


def test_access_lasts_until_the_end_and_not_a_moment_longer(travel):
    with clock.stopped():
        end = set_end(ends_at=soon(seconds=10)).ends_at
        with clock.ahead(seconds=9.999):
            assert cast.member().has_access
            assert memberships.active_in(cast.person(cast.CHEN), "acme")
        with clock.ahead(seconds=10):
            assert clock.now() == end
            assert not cast.member().has_access
            assert (
                not db.session.query(Membership)
                .filter_by(id=cast.member().id)
                .filter(Membership.has_access)
                .count()
            )
            with pytest.raises(NotFound):
                memberships.active_in(cast.person(cast.CHEN), "acme")
            assert permissions.role_of(cast.organization().id, cast.person(cast.CHEN).id) is None
            assert memberships.count(cast.organization()) == 2
            assert cast.member().is_active  # the row is as it was: nothing has run


# --- setting


def test_an_admin_sets_moves_and_removes_an_end_and_each_is_on_record():
    first = soon(days=3)
    assert set_end(ends_at=first).ends_at == first
    assert last_sentence() == f"Priya Shah set the access of {cast.CHEN} to end on " + (
        f"{clock.exact(first)}."
    )
    second = soon(days=30)
    set_end(ends_at=second)
    set_end(ends_at=None)
    assert last_sentence() == f"Priya Shah removed the end of the access of {cast.CHEN}."
    who = {"user_id": cast.person(cast.CHEN).id, "email": cast.CHEN}
    stages = [None, first.isoformat(), second.isoformat(), None]
    assert trail("MembershipEndChanged") == [
        ("MembershipEndChanged", {**who, "before": before, "ends_at": after})
        for before, after in itertools.pairwise(stages)
    ]
    assert cast.member().ends_at is None


def test_the_same_end_changes_nothing_and_setting_one_ends_no_session():
    token = sessions.start(cast.person(cast.CHEN))
    set_end(ends_at=soon())
    before = trail()
    set_end(ends_at=cast.member().ends_at)
    assert trail() == before
    assert sessions.find(token)


@pytest.mark.parametrize("verb", [set_end, end_now, extend])
@pytest.mark.parametrize("email", [cast.EVE, cast.CHEN, cast.MARCO])
def test_only_admins_of_the_organization_change_ends(verb, email):
    set_end()
    before = trail()
    with pytest.raises(Forbidden):
        verb(by=email)
    assert trail() == before


def test_another_organizations_member_is_as_unknown_as_none():
    eve = cast.person(cast.EVE)
    for verb in (
        lambda one: ends.set_end(cast.organization("evil"), one, by=eve, ends_at=None),
        lambda one: ends.extend(cast.organization("evil"), one, by=eve),
        lambda one: ends.end_now(cast.organization("evil"), one, by=eve),
        lambda one: sponsors.change(cast.organization("evil"), one, by=eve, sponsor_id=None),
    ):
        for one in (cast.member().id, 999_999):
            with pytest.raises(NotFound):
                verb(one)


def test_a_time_that_is_over_is_refused_as_ending_now_is_a_verb_of_its_own():
    for ends_at in (clock.now(), soon(days=-1)):
        with pytest.raises(Refusal, match="not over yet") as refused:
            set_end(ends_at=ends_at)
        assert refused.value.field == "access_until"


def test_a_deactivated_member_has_to_be_reactivated_first():
    roles.deactivate(cast.organization(), cast.member().id, by=cast.person())
    for verb in (set_end, end_now, extend):
        with pytest.raises(Refusal, match="Reactivate them first"):
            verb()


def test_nobody_changes_when_their_own_access_ends():
    make(cast.MARCO, "admin")
    set_end(cast.MARCO)
    for verb in (set_end, extend, end_now):
        with pytest.raises(Refusal, match=r"your own access"):
            verb(cast.MARCO, by=cast.MARCO)
    assert end_now(cast.MARCO).ended_at


def test_what_was_decided_on_old_facts_is_refused():
    set_end(ends_at=soon(days=5))
    facts = lambda member: {"ends_at": member.ends_at}  # noqa: E731
    seen = versions.Seen(facts, [versions.mark(facts(cast.member()))])
    set_end(ends_at=soon(days=6))
    for verb in (set_end, extend):
        with pytest.raises(versions.ChangedMeanwhile, match="You had not seen that yet"):
            verb(seen=seen)


# --- terms


def test_nobody_gets_more_than_the_longest_term_of_their_role():
    terms(longest=30)
    latest = days.after(cast.organization(), 30)
    assert set_end(ends_at=latest).ends_at == latest
    for ends_at in (latest + timedelta(seconds=1), None):
        with pytest.raises(Refusal, match="at most 30 days here") as refused:
            set_end(ends_at=ends_at)
        assert refused.value.field == "access_until"
    assert set_end(cast.MARCO, ends_at=soon(days=300)).ends_at  # of another role


def test_a_role_with_a_shorter_term_shortens_access_in_the_same_step():
    terms("manager", longest=7)
    make(cast.CHEN, "manager")
    assert cast.member().ends_at == days.after(cast.organization(), 7)
    assert [name for name, _ in trail()[-2:]] == ["MembershipEndChanged", "RoleChanged"]
    make(cast.CHEN, "contributor")
    assert cast.member().ends_at == days.after(cast.organization(), 7)


def test_one_button_extends_by_the_usual_term_and_at_most_to_the_longest():
    set_end(ends_at=days.after(cast.organization(), 10))
    assert extend().ends_at == days.after(cast.organization(), 100)
    terms(default=20)
    assert extend().ends_at == days.after(cast.organization(), 120)
    set_end(ends_at=days.after(cast.organization(), 10))
    terms(default=20, longest=25)
    assert extend().ends_at == days.after(cast.organization(), 25)
    with pytest.raises(Refusal, match="as long as this organization allows"):
        extend()


def test_access_without_an_end_is_not_extended():
    with pytest.raises(Refusal, match="has no end"):
        extend()


# --- sponsors


def test_a_sponsor_who_is_no_admin_may_extend_theirs_and_nothing_else():
    sponsored()
    set_end()
    assert extend(by=cast.MARCO).ends_at > soon(days=99)
    for verb in (set_end, end_now):
        with pytest.raises(Forbidden):
            verb(by=cast.MARCO)
    with pytest.raises(Forbidden):
        sponsors.change(
            cast.organization(), cast.member().id, by=cast.person(cast.MARCO), sponsor_id=None
        )


def test_a_sponsor_extends_nobody_beyond_their_own_end_unless_they_are_an_admin():
    sponsored()
    set_end(ends_at=soon(days=5))
    own = set_end(cast.MARCO, ends_at=soon(days=20)).ends_at
    assert extend(by=cast.MARCO).ends_at == own
    with pytest.raises(Refusal, match="Your own access ends before that of"):
        extend(by=cast.MARCO)
    assert extend().ends_at > own  # an admin still may
    set_end(ends_at=soon(days=5))
    make(cast.MARCO, "admin")
    assert extend(by=cast.MARCO).ends_at > own


def test_two_who_sponsor_each_other_do_not_keep_each_other_for_ever():
    sponsored()
    sponsors.change(
        *(cast.organization(), cast.member(cast.MARCO).id),
        by=cast.person(),
        sponsor_id=cast.person(cast.CHEN).id,
    )
    set_end(ends_at=soon(days=5))
    latest = set_end(cast.MARCO, ends_at=soon(days=20)).ends_at
    assert extend(by=cast.MARCO).ends_at == latest
    for whom, by in ((cast.MARCO, cast.CHEN), (cast.CHEN, cast.MARCO)):
        with pytest.raises(Refusal, match="Your own access ends"):
            extend(whom, by=by)


def test_a_sponsor_extends_only_while_both_have_access(travel):
    sponsored()
    set_end(ends_at=soon(days=5))
    set_end(cast.MARCO, ends_at=soon(days=2))
    travel(days=3)
    with pytest.raises(Forbidden):
        extend(by=cast.MARCO)
    set_end(cast.MARCO, ends_at=soon(days=10))
    travel(days=3)
    with pytest.raises(Forbidden):
        extend(by=cast.MARCO)
    assert extend().has_access  # an admin still may


def test_the_inviter_is_the_sponsor_unless_it_was_the_operator():
    assert cast.member(cast.PRIYA).sponsor_id is None
    assert cast.member(cast.CHEN).sponsor_id == cast.person().id


def test_an_admin_names_another_sponsor_with_access():
    def change(sponsor_id):
        sponsors.change(
            cast.organization(), cast.member().id, by=cast.person(), sponsor_id=sponsor_id
        )

    change(cast.person(cast.MARCO).id)
    assert cast.member().sponsor.email == cast.MARCO
    assert last_sentence() == f"Priya Shah changed the sponsor of {cast.CHEN}."
    before = trail()
    change(cast.person(cast.MARCO).id)
    assert trail() == before
    for nobody in (cast.person(cast.EVE).id, cast.person(cast.CHEN).id, 999_999):
        with pytest.raises(Refusal) as refused:
            change(nobody)
        assert refused.value.field == "sponsor"
    change(None)
    assert cast.member().sponsor is None


@pytest.mark.parametrize(
    "lose",
    [
        lambda one: roles.deactivate(cast.organization(), one, by=cast.person()),
        lambda one: roles.change_role(
            cast.organization(), one, by=cast.person(), role="contributor"
        ),
        lambda one: ends.end_now(cast.organization(), one, by=cast.person()),
    ],
    ids=["deactivated", "demoted", "ended"],
)
def test_who_takes_a_sponsors_place_away_answers_for_theirs(lose):
    make(cast.MARCO, "admin")
    sponsored()
    sponsored(cast.PRIYA)  # who would have to answer for herself
    lose(cast.member(cast.MARCO).id)
    assert cast.member().sponsor.email == cast.PRIYA
    assert cast.member(cast.PRIYA).sponsor is None
    marco = cast.person(cast.MARCO).id
    told = {"user_id": marco, "count": 2, "sponsor": cast.person().id}
    assert ("SponsorshipsHandedOver", told) in trail()


def test_a_sponsor_who_leaves_by_themselves_leaves_nobody_in_their_place():
    sponsored()
    leaving.leave(cast.organization(), cast.member(cast.MARCO).id, by=cast.person(cast.MARCO))
    assert cast.member().sponsor is None


# --- ending now


def test_ending_now_ends_sessions_here_and_keys_in_the_same_step():
    make(cast.MARCO, "admin")
    marco = cast.person(cast.MARCO)
    _key, secret = api_keys.create(
        cast.organization(), by=marco, name="Staff list", scopes=["members:read"], days=None
    )
    here = sessions.start(marco, cast.organization().id)
    elsewhere = sessions.start(marco, cast.organization("evil").id)
    ended = end_now(cast.MARCO)
    assert ended.ends_at <= clock.now()
    assert ended.ended_at and not ended.has_access and ended.is_active
    assert api_keys.find(secret) is None
    assert sessions.find(here) is None
    assert sessions.find(elsewhere) is not None
    data = {"user_id": marco.id, "email": cast.MARCO}
    assert ("MembershipEnded", {**data, "ends_at": ended.ends_at.isoformat()}) in trail()
    before = trail()
    assert end_now(cast.MARCO).ended_at == ended.ended_at
    assert trail() == before


@pytest.mark.parametrize("choice", ["revoke", "take over"])
def test_an_ended_admins_open_invitations_are_decided_about_in_the_same_step(choice):
    make(cast.MARCO, "admin")
    invitations.create(
        cast.organization(), by=cast.person(cast.MARCO), email="bo@example.org", role="manager"
    )
    end_now(cast.MARCO, pending=choice)
    invitation = cast.invitation()
    assert invitation.state == ("revoked" if choice == "revoke" else "pending")
    assert choice == "revoke" or invitation.inviter_id == cast.person().id


def test_somebody_whose_access_ended_comes_back_by_a_new_end_to_the_same_place():
    member = end_now()
    events_before = len(trail())
    again = set_end(ends_at=soon(days=4))
    assert (again.id, again.joined_at) == (member.id, member.joined_at)
    assert again.ended_at is None and again.has_access
    assert len(trail()) == events_before + 1


def test_somebody_whose_end_has_just_come_is_invited_and_comes_back_before_any_sweep(travel):
    chen = cast.person(cast.CHEN)
    member = set_end(ends_at=soon(seconds=10))
    before = sessions.start(chen, cast.organization().id)
    travel(seconds=11)
    cast.invited(cast.CHEN)
    acceptances.join(cast.mailed_token(cast.invitation(cast.CHEN)), by=chen)
    again = cast.member(cast.CHEN)
    assert (again.id, again.has_access, again.ends_at) == (member.id, True, None)
    assert sessions.find(before) is None
    names = [name for name, _ in trail("MembershipEnded", "InvitationAccepted")]
    assert names[-2:] == ["MembershipEnded", "InvitationAccepted"]


def test_it_is_usable_inside_an_outer_transaction():
    @transaction()
    def several():
        set_end(cast.MARCO)
        end_now(cast.CHEN)
        raise RuntimeError

    before = trail()
    with pytest.raises(RuntimeError):
        several()
    assert trail() == before
    assert cast.member().has_access and cast.member(cast.MARCO).ends_at is None


def test_the_operator_may_all_of_it():
    one, acme = cast.member().id, cast.organization()
    ends.set_end(acme, one, by=OPERATOR, ends_at=soon())
    ends.extend(acme, one, by=OPERATOR)
    assert ends.end_now(acme, one, by=OPERATOR).ended_at


# --- the last admin


def test_the_last_admin_gets_no_end_and_is_not_ended():
    for by in (OPERATOR, cast.person()):
        with pytest.raises(Refusal):
            ends.set_end(cast.organization(), cast.member(cast.PRIYA).id, by=by, ends_at=soon())
    make(cast.MARCO, "admin")
    set_end(cast.PRIYA, by=cast.MARCO, ends_at=soon(days=5))
    for later in (soon(days=5, seconds=1), soon(days=500)):
        with pytest.raises(Refusal, match="nobody would be an admin"):
            set_end(cast.MARCO, ends_at=later)
    assert set_end(cast.MARCO, ends_at=soon(days=4)).ends_at
    with pytest.raises(Refusal):
        ends.end_now(cast.organization(), cast.member(cast.PRIYA).id, by=cast.person())


def test_the_only_admin_may_remove_their_own_end_whatever_the_longest_term():
    terms("admin", longest=30)
    make(cast.MARCO, "admin")
    assert cast.member(cast.MARCO).ends_at  # from the longest term
    leaving.leave(cast.organization(), cast.member(cast.PRIYA).id, by=cast.person())
    for ends_at in (soon(days=3), soon(days=300)):
        with pytest.raises(Refusal):
            set_end(cast.MARCO, by=cast.MARCO, ends_at=ends_at)
    assert set_end(cast.MARCO, by=cast.MARCO, ends_at=None).ends_at is None


def test_two_admins_who_end_each_other_at_once_leave_one(app):
    make(cast.MARCO, "admin")

    def act(whom, by):
        return lambda: end_now(whom, by=by)

    outcomes = together(app, act(cast.MARCO, cast.PRIYA), act(cast.PRIYA, cast.MARCO))
    assert outcomes.count("done") == 1
    assert all(not outcome.startswith("broken") for outcome in outcomes)
    left = [cast.member(email).is_active_admin for email in (cast.PRIYA, cast.MARCO)]
    assert left.count(True) == 1


def test_ended_while_extended_one_comes_after_the_other(app):
    set_end()
    outcomes = together(app, end_now, extend)
    assert outcomes[0] == "done"
    names = [name for name, _ in trail("MembershipEnded", "MembershipEndChanged")][1:]
    assert sorted(names) == ["MembershipEndChanged", "MembershipEnded"]
    assert cast.member().has_access is (names[-1] == "MembershipEndChanged")


# --- days


@pytest.mark.parametrize(
    ("name", "day", "end"),
    [
        ("UTC", date(2027, 6, 30), "2027-07-01T00:00:00+00:00"),
        ("Europe/Berlin", date(2027, 6, 30), "2027-06-30T22:00:00+00:00"),
        ("Europe/Berlin", date(2027, 1, 30), "2027-01-30T23:00:00+00:00"),
        ("Europe/Berlin", date(2027, 3, 28), "2027-03-28T22:00:00+00:00"),  # clocks go forward
        ("Europe/Berlin", date(2027, 10, 31), "2027-10-31T23:00:00+00:00"),  # and back
        ("America/New_York", date(2027, 3, 14), "2027-03-15T04:00:00+00:00"),
        ("Africa/Cairo", date(2027, 4, 29), "2027-04-29T22:00:00+00:00"),  # there is no midnight
        ("America/Havana", date(2027, 11, 6), "2027-11-07T04:00:00+00:00"),  # there are two
        ("Pacific/Kiritimati", date(2027, 6, 30), "2027-06-30T10:00:00+00:00"),
    ],
)
def test_a_day_ends_when_it_is_over_in_the_organization(name, day, end):
    zone(name)
    acme = cast.organization()
    moment = days.end_of(acme, day)
    assert moment.isoformat() == end
    assert days.last(acme, moment) == day
    assert days.is_whole(acme, moment)
    assert not days.is_whole(acme, moment - timedelta(seconds=1))
    assert name.replace("_", " ") in days.in_words(acme, moment)


def test_a_zone_is_named_as_people_write_it_and_an_unknown_one_is_refused():
    assert days.zone_named(" europe/berlin ") == "Europe/Berlin"
    assert days.zone_named("America/New York") == "America/New_York"
    for name in ("", None, "Europe/Nowhere", "../../etc/passwd", "localtime", "Factory"):
        with pytest.raises(Refusal) as refused:
            days.zone_named(name)
        assert refused.value.field == "time_zone"
    zone("Gone/Away")  # a name that a later version of the database dropped
    assert days.zone(cast.organization()).key == "UTC"
