"""Rules R1 and R2: who may make a request, and what becomes of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import cast
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import invitations, links, organizations, outbox, requests
from webapp.domain.errors import Forbidden, NotFound, Refusal, Refusals, UsedUp
from webapp.domain.invitations import acceptances, renewal_requests, resends
from webapp.domain.invitations.access import Access
from webapp.domain.invitations.link_status import Gone
from webapp.domain.links import answers
from webapp.domain.links import asks as link_asks
from webapp.domain.members import ends, leaving, roles, sponsors
from webapp.domain.organizations import request_settings, settings
from webapp.domain.privacy import person_erasures, person_records, retention
from webapp.domain.requests import (
    asks,
    decisions,
    lapses,
    proposals,
    restored,
    second_admins,
    several,
    stays,
    table,
    telling,
)
from webapp.domain.requests.table import Reader
from webapp.models import Delivery, Event, Invitation, Request

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

BO, MAY, JO = "bo@example.org", "may@example.org", "jo@example.org"


def change_settings(slug="acme", **changes):
    organization = cast.organization(slug)
    present = {
        name: getattr(organization, name)
        for name in ("proposers", "proposals_per_month", "takes_asks", "needs_second_admin")
    }
    admin = cast.person(cast.PRIYA if slug == "acme" else cast.EVE)
    request_settings.change(organization, by=admin, **{**present, **changes})


def make_admin(email=cast.MARCO):
    roles.change_role(cast.organization(), cast.member(email).id, by=cast.person(), role="admin")
    return cast.person(email)


def propose(email=BO, by=cast.CHEN, **words):
    return proposals.propose(cast.organization(), by=cast.person(by), email=email, **words)


def ask(email=BO, **words):
    change_settings(takes_asks=True)
    words = {"name": None, "reason": None, **words}
    asks.ask(cast.organization(), email=email, **words)
    return newest()


def end_of_chen(days=20):
    ends.set_end(
        cast.organization(),
        cast.member().id,
        by=cast.person(),
        ends_at=clock.now() + timedelta(days=days),
    )


def ask_to_stay(by=cast.CHEN, **words):
    return stays.ask(cast.organization(), by=cast.person(by), **words)


def approve(request, by=cast.PRIYA, **terms):
    return decisions.approve(cast.organization(), request.id, by=cast.person(by), **terms)


def decline(request, by=cast.PRIYA):
    return decisions.decline(cast.organization(), request.id, by=cast.person(by))


def withdraw(request, by=cast.CHEN):
    return decisions.withdraw(cast.organization(), request.id, by=cast.person(by))


def newest():
    db.session.rollback()
    query = select(Request).order_by(Request.id.desc()).limit(1)
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def state(request):
    db.session.rollback()
    return db.session.get_one(Request, request.id, populate_existing=True).state


def count():
    db.session.rollback()
    return db.session.query(Request).count()


def recorded():
    query = select(Event).where(Event.name.like("Request%")).order_by(Event.id)
    return [
        (event.name, event.data["kind"], event.data["email"]) for event in db.session.scalars(query)
    ]


def mails(kind="requests"):
    query = select(Delivery.recipient).where(Delivery.kind == kind)
    found = db.session.scalars(query).all()
    return sorted(email for email in found if kind == "requests" or email in (BO, MAY, JO))


def reader(email=cast.PRIYA):
    return Reader(cast.organization(), cast.person(email), cast.member(email).role)


# A member proposes somebody


def test_a_member_proposes_somebody_whom_an_admin_invites():
    request = propose(name="Bo Lind", reason="Drives for us.", role="manager")
    approve(request, role="contributor")
    made = cast.invitation(BO)
    assert (made.role, made.name, made.inviter_id) == ("contributor", "Bo Lind", cast.person().id)
    assert state(request) == "approved"
    assert newest().decided_by_id == cast.person().id
    assert recorded() == [("RequestMade", "proposal", BO), ("RequestApproved", "proposal", BO)]
    assert mails("invitation") == [BO]


def test_the_approver_chooses_role_groups_and_end():
    cast.group()
    request = propose(role="manager")
    approve(request, role="contributor", groups=["drivers"], access=Access(days=90))
    made = cast.invitation(BO)
    assert (made.role, made.access_days) == ("contributor", 90)
    assert [group.slug for group in made.groups] == ["drivers"]


def test_without_a_choice_the_role_is_the_one_requested():
    approve(propose(role="manager"))
    assert cast.invitation(BO).role == "manager"


def test_the_history_of_the_invitation_says_that_it_was_approved():
    approve(propose())
    made = cast.invitation(BO)
    names = db.session.scalars(select(Event.name).where(Event.invitation_id == made.id)).all()
    assert names == ["InvitationCreated", "RequestApproved"]


@pytest.mark.parametrize(
    ("setting", "may"),
    [
        ("nobody", []),
        ("managers", [cast.PRIYA, cast.MARCO]),
        ("everybody", [cast.PRIYA, cast.MARCO, cast.CHEN]),
    ],
)
def test_the_organization_says_who_may_propose(setting, may):
    change_settings(proposers=setting)
    for number, email in enumerate((cast.PRIYA, cast.MARCO, cast.CHEN)):
        if email in may:
            propose(f"p{number}@example.org", by=email)
        else:
            with pytest.raises(Forbidden):
                propose(f"p{number}@example.org", by=email)


def test_an_outsider_proposes_nobody():
    with pytest.raises(Forbidden):
        propose(by=cast.EVE)


def test_only_so_many_a_month_whatever_becomes_of_them(travel):
    change_settings(proposals_per_month=2)
    withdraw(propose(BO))
    propose(MAY)
    with pytest.raises(UsedUp) as refused:
        propose(JO)
    assert "2 people this month" in refused.value.message
    propose(JO, by=cast.MARCO)
    travel(days=32)
    propose("kim@example.org")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"email": "bo"}, "email"),
        ({"name": "x" * 101}, "name"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "a\x00b"}, "reason"),
        ({"role": "owner"}, "role"),
    ],
    ids=str,
)
def test_what_cannot_be_proposed_is_refused_at_its_field(wish, field):
    with pytest.raises(Refusals) as refused:
        propose(**{"email": BO, **wish})
    assert [part.field for part in refused.value.refusals] == [field]
    assert count() == 0


def test_a_member_is_not_proposed():
    with pytest.raises(Refusal, match="already a member"):
        propose(cast.MARCO)


def test_an_address_outside_the_domains_is_not_proposed():
    acme = cast.organization()
    settings.change_invitations(
        acme,
        by=cast.person(),
        expiry_days=None,
        allowed_domains="acme.example",
        retention_days=None,
    )
    with pytest.raises(Refusals, match=r"acme\.example"):
        propose()


def test_an_invited_or_blocked_address_is_recorded_and_the_admin_sees_why():
    cast.invited(BO)
    cast.suppressed(MAY)
    invited, blocked = propose(BO), propose(MAY)
    assert table.hindrances(cast.organization(), [invited, blocked]) == {
        BO: "invited",
        MAY: "invited",
    }
    with pytest.raises(Refusal, match="already has an open invitation"):
        approve(invited)
    with pytest.raises(Refusal, match="came back"):
        approve(blocked)
    assert state(invited) == state(blocked) == "open"


def test_an_address_is_proposed_once():
    propose(BO)
    with pytest.raises(Refusal, match="already suggested"):
        propose(" BO@Example.org", by=cast.MARCO)
    assert count() == 1


# Deciding


def test_a_refusal_of_inviting_leaves_the_request_open():
    request = propose()
    with pytest.raises(Refusal):
        approve(request, groups=["nowhere"])
    assert state(request) == "open"
    assert [name for name, *_ in recorded()] == ["RequestMade"]
    approve(request)


def test_declining_invites_nobody_and_twice_is_no_error():
    request = propose()
    decline(request)
    decline(request)
    assert state(request) == "declined"
    assert cast.invitation(BO) is None
    assert [name for name, *_ in recorded()] == ["RequestMade", "RequestDeclined"]
    with pytest.raises(Refusal, match="declined"):
        approve(request)


def test_only_the_person_who_made_it_withdraws_it():
    request = propose()
    with pytest.raises(Forbidden):
        withdraw(request, by=cast.MARCO)
    withdraw(request)
    withdraw(request)
    assert state(request) == "withdrawn"
    with pytest.raises(Refusal, match="withdrawn"):
        approve(request)
    propose()


@pytest.mark.parametrize("verb", [approve, decline])
def test_only_admins_decide(verb):
    request = propose()
    for email in (cast.MARCO, cast.CHEN):
        with pytest.raises(Forbidden):
            verb(request, by=email)
    for verb_of in (decisions.approve, decisions.decline, decisions.withdraw):
        with pytest.raises(NotFound):
            verb_of(cast.organization("evil"), request.id, by=cast.person(cast.EVE))
        with pytest.raises(Forbidden):
            verb_of(cast.organization(), request.id, by=cast.person(cast.EVE))
    assert state(request) == "open"


@pytest.mark.parametrize("verb", [approve, decline])
def test_nobody_decides_their_own_request_not_even_as_an_admin_by_now(verb):
    request = propose(by=cast.MARCO)
    make_admin()
    with pytest.raises(Refusal, match="yourself"):
        verb(request, by=cast.MARCO)
    assert state(request) == "open"
    verb(request, by=cast.PRIYA)


def test_it_lapses_after_14_days_whether_or_not_the_sweep_ran(travel):
    request = propose()
    travel(days=14)
    assert newest().status(clock.now()) == "lapsed"
    assert table.count(reader()) == 0
    with pytest.raises(Refusal, match="lapsed"):
        approve(request)
    with pytest.raises(Refusal, match="lapsed"):
        withdraw(request)
    assert lapses.sweep() == 1
    assert lapses.sweep() == 0
    assert state(request) == "lapsed"
    assert recorded()[-1] == ("RequestDeclined", "proposal", BO)


def test_a_lapsed_request_that_is_not_marked_yet_blocks_nobody(travel):
    propose()
    ask(MAY)
    travel(days=14)
    propose()
    ask(MAY, reason="Again.")
    assert newest().reason == "Again." or count() == 3
    asks.sort()
    assert table.count(reader()) == 2


def test_a_proposer_who_leaves_or_is_deactivated_leaves_the_request_to_the_admins():
    request = propose()
    roles.deactivate(cast.organization(), cast.member().id, by=cast.person())
    assert table.members(cast.organization(), [request.maker]) == set()
    approve(request)
    other = propose(MAY, by=cast.MARCO)
    marco = cast.person(cast.MARCO)
    leaving.leave(cast.organization(), cast.member(cast.MARCO).id, by=marco)
    approve(other)
    assert cast.invitation(MAY).state == "pending"


def test_a_suspended_organization_takes_and_decides_none():
    request = propose()
    organizations.suspend(cast.organization())
    for act in (lambda: propose(MAY), lambda: approve(request), lambda: decline(request)):
        with pytest.raises(Refusal, match="suspended"):
            act()


def test_several_at_once_tell_what_became_of_each():
    first, second = propose(BO), propose(MAY)
    cast.invited(MAY)
    result = several.do(reader(), "approve", [first.id, second.id], role="manager")
    assert result.done == [BO]
    assert [email for email, _ in result.refused] == [MAY]
    assert cast.invitation(BO).role == "manager"
    assert several.do(reader(), "decline", [second.id]).done == [MAY]
    with pytest.raises(Refusal, match="at least one"):
        several.do(reader(), "decline", [first.id, second.id, 10**9])
    with pytest.raises(Refusal, match="Choose"):
        several.do(reader(), "erase", [first.id])


def test_several_at_once_leave_out_the_admins_own():
    request = propose(by=cast.MARCO)
    make_admin()
    with pytest.raises(Refusal):
        several.do(reader(cast.MARCO), "approve", [request.id])


def test_each_sees_what_they_may():
    own, other = propose(BO), propose(MAY, by=cast.MARCO)
    assert [row.id for row in table.page(reader(), "open").rows] == [other.id, own.id]
    assert table.page(reader(cast.CHEN), "open").rows == []
    assert [row.id for row in table.page(reader(cast.CHEN), "mine").rows] == [own.id]
    assert table.count(reader(cast.CHEN)) == 0
    decline(own)
    assert [row.id for row in table.page(reader(), "decided").rows] == [own.id]
    assert [row.id for row in table.earlier(propose(BO, by=cast.MARCO))] == [own.id]


# A stranger asks


def test_a_stranger_asks_and_is_invited_once_an_admin_agrees():
    request = ask(name="Bo", reason="I work with Chen.")
    assert mails("invitation") == []
    asks.sort()
    assert recorded() == [("RequestMade", "ask", BO)]
    approve(request, role="contributor")
    assert cast.invitation(BO).name == "Bo"
    assert mails("invitation") == [BO]


def test_it_can_be_decided_before_a_worker_has_looked_at_it():
    request = ask()
    approve(request)
    assert [name for name, *_ in recorded()] == ["RequestMade", "RequestApproved"]
    assert asks.sort() == 0


def test_one_open_request_per_address():
    ask(BO, reason="First.")
    ask("BO@example.org", reason="Second.")
    assert count() == 1
    assert newest().reason == "First."


def test_members_and_those_who_want_no_mail_make_no_request():
    cast.suppressed(MAY, "reported")
    cast.suppressed(JO)  # came back: its owner may ask
    for email in (cast.CHEN, MAY, JO, BO):
        ask(email)
    asks.sort()
    assert sorted(email for _, _, email in recorded()) == [BO, JO]
    assert count() == 2


def test_a_stranger_blocks_no_member():
    ask(BO)
    ask(cast.CHEN)
    end_of_chen()
    propose(BO, by=cast.MARCO)
    ask_to_stay()


def test_strangers_ask_only_where_the_organization_wants_it():
    with pytest.raises(NotFound):
        asks.place("acme")
    with pytest.raises(NotFound):
        asks.place("nowhere")
    change_settings(takes_asks=True)
    acme = asks.place("acme")
    change_settings(takes_asks=False)
    with pytest.raises(NotFound):  # who stands in the form meanwhile
        asks.ask(acme, email=BO, name=None, reason=None)
    assert count() == 0


def test_only_so_many_strangers_ask_a_day(travel, monkeypatch):
    monkeypatch.setattr(asks, "PER_DAY", 3)
    for number in range(3):
        ask(f"p{number}@example.org")
    with pytest.raises(UsedUp):
        ask(BO)
    assert count() == 3
    travel(days=1)
    ask(BO)


# A member asks to stay


def test_a_member_asks_to_stay_and_an_admin_gives_a_later_end():
    end_of_chen()
    request = ask_to_stay(reason="The course goes on.")
    until = clock.now() + timedelta(days=100)
    approve(request, ends_at=until)
    assert cast.member().ends_at == until
    assert recorded() == [
        ("RequestMade", "stay", cast.CHEN),
        ("RequestApproved", "stay", cast.CHEN),
    ]


def test_without_a_day_access_is_extended_by_the_usual_term():
    end_of_chen()
    before = cast.member().ends_at
    approve(ask_to_stay())
    assert cast.member().ends_at > before


def test_the_sponsor_decides_within_their_right_and_other_members_do_not():
    end_of_chen()
    acme = cast.organization()
    sponsors.change(acme, cast.member().id, by=cast.person(), sponsor_id=cast.person(cast.MARCO).id)
    request = ask_to_stay()
    assert table.count(reader(cast.MARCO)) == 1
    with pytest.raises(Forbidden):
        approve(request, by=cast.MARCO, ends_at=clock.now() + timedelta(days=1000))
    before = cast.member().ends_at
    approve(request, by=cast.MARCO)
    assert cast.member().ends_at > before


def test_other_members_do_not_decide_who_stays():
    end_of_chen()
    with pytest.raises(Forbidden):
        approve(ask_to_stay(), by=cast.MARCO)


def test_a_member_without_an_end_has_nothing_to_ask():
    with pytest.raises(Refusal, match="no end"):
        ask_to_stay()


def test_a_member_asks_once():
    end_of_chen()
    ask_to_stay()
    with pytest.raises(Refusal, match="already asked"):
        ask_to_stay()


def test_an_admin_who_asks_to_stay_is_decided_about_by_another():
    make_admin()
    acme, until = cast.organization(), clock.now() + timedelta(days=20)
    ends.set_end(acme, cast.member(cast.MARCO).id, by=cast.person(), ends_at=until)
    request = ask_to_stay(by=cast.MARCO)
    with pytest.raises(Refusal):
        approve(request, by=cast.MARCO)
    approve(request)


def test_approving_after_the_end_has_come_gives_access_again(travel):
    end_of_chen(days=2)
    request = ask_to_stay()
    travel(days=3)
    assert not cast.member().has_access
    approve(request, ends_at=clock.now() + timedelta(days=30))
    assert cast.member().has_access


def test_a_former_member_cannot_stay():
    end_of_chen()
    request = ask_to_stay()
    leaving.leave(cast.organization(), cast.member().id, by=cast.person(cast.CHEN))
    with pytest.raises(Refusal, match="no longer a member"):
        approve(request)
    decline(request)


# Join links with approval


def test_a_link_with_approval_makes_requests_that_take_up_its_places():
    cast.group()
    link = cast.join_link(approval=True, most_uses=1, role="manager", groups=["drivers"])
    code = cast.code_of(link)
    link_asks.ask(code, email=BO)
    answers.answer_asks()
    assert cast.invitation(BO) is None
    request = newest()
    assert (request.kind, request.role, request.join_link_id) == ("ask", "manager", link.id)
    with pytest.raises(link_asks.Closed):
        link_asks.ask(code, email=MAY)
    approve(request, **decisions.terms_of(request))
    made = cast.invitation(BO)
    assert (made.role, made.join_link_id) == ("manager", link.id)
    assert [group.slug for group in made.groups] == ["drivers"]
    with pytest.raises(link_asks.Closed):
        link_asks.ask(code, email=MAY)
    invitations.revoke(cast.organization(), made.id, by=cast.person())
    link_asks.ask(code, email=MAY)


@pytest.mark.parametrize("how", ["decline", "lapse"])
def test_a_request_that_comes_to_nothing_gives_its_place_back(how, travel):
    link = cast.join_link(approval=True, most_uses=1)
    code = cast.code_of(link)
    link_asks.ask(code, email=BO)
    answers.answer_asks()
    if how == "decline":
        decline(newest())
    else:
        travel(days=14)
    link_asks.ask(code, email=MAY)


def test_one_address_through_many_links_is_one_request():
    codes = [cast.code_of(cast.join_link(f"L{n}", approval=True)) for n in range(3)]
    for code in codes:
        link_asks.ask(code, email=BO)
    ask(BO)
    answers.answer_asks()
    assert count() == 1


def test_who_asks_at_the_page_after_a_lapse_gets_nothing_of_the_link(travel):
    code = cast.code_of(cast.join_link(approval=True, most_uses=1, role="manager"))
    link_asks.ask(code, email=BO)
    answers.answer_asks()
    travel(days=14)
    asked = ask(BO, reason="Let me in")
    assert (asked.role, asked.join_link_id) == (None, None)
    link_asks.ask(code, email=MAY)  # nor does it take up the link's place


def test_who_asks_by_a_link_after_a_lapse_has_none_of_anybodys_words(travel):
    ask(BO, name="Mallory", reason="I am your new manager")
    asks.sort()
    travel(days=14)
    link_asks.ask(cast.code_of(cast.join_link(approval=True)), email=BO)
    answers.answer_asks()
    assert (newest().name, newest().reason) == (None, None)


def test_asking_again_after_approval_mails_again():
    code = cast.code_of(cast.join_link(approval=True))
    link_asks.ask(code, email=BO)
    answers.answer_asks()
    approve(newest())
    link_asks.ask(code, email=BO)
    answers.answer_asks()
    assert count() == 1
    assert mails("invitation") == [BO, BO]


@pytest.mark.parametrize(("choice", "after"), [("keep", "open"), ("revoke", "declined")])
def test_revoking_the_link_keeps_or_declines_its_requests(choice, after):
    link = cast.join_link(approval=True)
    link_asks.ask(cast.code_of(link), email=BO)
    answers.answer_asks()
    links.revoke(cast.organization(), link.id, by=cast.person(), open_invitations=choice)
    assert newest().state == after


def test_the_requests_of_a_former_author_are_left_to_the_admins():
    make_admin()
    acme = cast.organization()
    link = links.create(
        acme,
        by=cast.person(cast.MARCO),
        label="L",
        role="contributor",
        most_uses=5,
        expiry_days=9,
        approval=True,
    )
    code = cast.code_of(link)
    link_asks.ask(code, email=BO)
    answers.answer_asks()
    member_id = cast.member(cast.MARCO).id
    roles.change_role(acme, member_id, by=cast.person(), role="contributor")
    with pytest.raises(link_asks.Closed):
        link_asks.ask(code, email=MAY)
    approve(newest())
    assert cast.invitation(BO).inviter_id == cast.person().id


# Second admins


def second_admins_on():
    marco = make_admin()
    change_settings(needs_second_admin=True)
    return marco


def test_a_second_admin_is_required_only_where_there_is_one():
    with pytest.raises(Refusals, match="only admin"):
        change_settings(needs_second_admin=True)
    second_admins_on()
    roles.change_role(
        cast.organization(), cast.member(cast.MARCO).id, by=cast.person(), role="contributor"
    )
    cast.invited(BO, role="admin")


@transaction()
def _many(organization, email):
    from webapp.domain import addresses
    from webapp.domain.invitations import batches, terms

    offer = terms.read(organization, role="admin", expiry_days=None, name=None, message=None)
    invitee = batches.Invitee(addresses.parse(email), {**offer, "groups": []})
    (outcome,) = batches.create_many(organization, [invitee], by=cast.person())
    if outcome.refusal:
        raise outcome.refusal


def _edited(organization, email):
    made = cast.invited(email)
    invitations.edit(organization, made.id, by=cast.person(), role="admin")


def _promoted(organization, email):
    roles.change_role(organization, cast.member().id, by=cast.person(), role="admin")


def _again(organization, email):
    change_settings(needs_second_admin=False)
    made = cast.invited(MAY, role="admin")
    change_settings(needs_second_admin=True)
    invitations.create_like(organization, made, by=cast.person(), email=email)


@pytest.mark.parametrize(
    "way",
    [
        lambda organization, email: invitations.create(
            organization, by=cast.person(), email=email, role="admin"
        ),
        _many,
        _edited,
        _promoted,
        _again,
    ],
    ids=["create", "list", "edit", "promotion", "again"],
)
def test_no_admin_makes_an_admin_alone(way):
    second_admins_on()
    with pytest.raises(Refusal, match="second admin"):
        way(cast.organization(), BO)
    assert db.session.query(Invitation).filter_by(email=BO, role="admin").count() == 0
    assert cast.member().role == "contributor"


def test_an_invitation_from_before_gets_no_new_link(travel):
    made = cast.invited(BO, role="admin")
    token = cast.mailed_token(made)
    second_admins_on()
    with pytest.raises(Refusal, match="none has agreed to this invitation"):
        resends.resend(cast.organization(), made.id, by=cast.person())
    travel(days=40)
    with pytest.raises(Refusal, match="none has agreed to this invitation"):
        resends.resend(cast.organization(), made.id, by=cast.person())
    with pytest.raises(Gone, match="cannot be renewed"):
        renewal_requests.renew(token)


def test_an_invitation_to_which_two_admins_agreed_gets_a_new_link(travel):
    second_admins_on()
    asked = second_admins.ask_to_invite(cast.organization(), by=cast.person(), email=BO)
    approve(asked, by=cast.MARCO)
    made = cast.invitation(BO)
    assert made.role == "admin"
    travel(days=40)
    renewal_requests.renew(cast.mailed_token(made))
    travel(minutes=2)
    resends.resend(cast.organization(), made.id, by=cast.person())


def test_another_admin_agrees_and_the_invitation_has_all_that_was_filled_in():
    second_admins_on()
    cast.group()
    request = second_admins.ask_to_invite(
        cast.organization(),
        by=cast.person(),
        email=BO,
        name="Bo",
        message="Welcome.",
        language="de",
        expiry_days=3,
        groups=["drivers"],
        access=Access(days=30),
    )
    with pytest.raises(Refusal, match="yourself"):
        approve(request)
    approve(request, by=cast.MARCO, **decisions.terms_of(request))
    made = cast.invitation(BO)
    assert (made.role, made.message, made.language, made.expiry_days, made.access_days) == (
        *("admin", "Welcome.", "de", 3, 30),
    )
    assert [group.slug for group in made.groups] == ["drivers"]


def test_what_cannot_be_invited_is_refused_before_anybody_is_asked():
    second_admins_on()
    cast.invited(BO)
    with pytest.raises(Refusal, match="already has an open invitation"):
        second_admins.ask_to_invite(cast.organization(), by=cast.person(), email=BO)


def test_a_member_becomes_an_admin_once_another_admin_agrees():
    second_admins_on()
    request = second_admins.ask_to_promote(cast.organization(), cast.member().id, by=cast.person())
    with pytest.raises(Refusal, match="yourself"):
        approve(request)
    approve(request, by=cast.MARCO)
    assert cast.member().role == "admin"


def test_one_admin_alone_approves_no_request_as_an_admin():
    second_admins_on()
    wish, stranger = propose(BO, role="admin"), ask(MAY)
    for request in (wish, stranger):
        with pytest.raises(Refusal, match="second admin"):
            approve(request, role="admin")
    approve(wish, role="manager")


def test_a_proposer_who_is_no_admin_any_more_is_no_second_admin():
    marco = second_admins_on()
    request = second_admins.ask_to_invite(cast.organization(), by=marco, email=BO)
    roles.change_role(
        cast.organization(), cast.member(cast.MARCO).id, by=cast.person(), role="contributor"
    )
    approve(request)  # the only admin left needs no second
    assert cast.invitation(BO).role == "admin"


# Telling


def drain_and_read(smtp):
    outbox.drain()
    return smtp.messages


def test_admins_are_told_at_most_once_an_hour_in_one_mail(smtp, travel):
    make_admin()
    propose(BO, reason="<b>click http://evil.example</b>")
    propose(MAY)
    telling.run()
    telling.run()
    assert mails() == [cast.MARCO, cast.PRIYA]
    propose(JO)
    travel(minutes=59)
    telling.run()
    assert len(mails()) == 2
    travel(minutes=1)
    telling.run()
    telling.run()
    assert len(mails()) == 4
    outbox.drain()
    texts = [m.message for m in smtp.messages if "requests" in m.message["Subject"]]
    assert len(texts) == 4
    for message in texts:
        body = message.get_body(("plain",)).get_content()
        assert "3 requests wait" in body
        assert "/orgs/acme/requests" in body
        assert "evil" not in message.as_string()
        assert BO not in message.as_string()


def test_nobody_is_told_of_their_own_nor_of_what_was_answered_meanwhile(smtp):
    propose(by=cast.PRIYA)
    telling.run()
    assert mails() == []
    request = propose(MAY)
    telling.run()
    assert mails() == []  # told within this hour
    assert table.count(reader()) == 1
    decline(request)


def test_a_mail_is_dropped_once_everything_is_answered(smtp):
    request = propose()
    telling.run()
    decline(request)
    outbox.drain()
    assert [m for m in smtp.messages if "requests" in m.message["Subject"]] == []


def test_the_sponsor_of_a_member_who_asks_to_stay_is_told():
    end_of_chen()
    sponsors.change(
        cast.organization(),
        cast.member().id,
        by=cast.person(),
        sponsor_id=cast.person(cast.MARCO).id,
    )
    ask_to_stay()
    telling.run()
    assert mails() == [cast.MARCO, cast.PRIYA]


def test_a_stranger_is_mailed_nothing_for_asking():
    ask(BO)
    telling.run()
    assert db.session.query(Delivery).filter_by(recipient=BO).count() == 0


# What is kept, and for how long


def test_a_copy_has_what_somebody_asked_and_erasing_deletes_it():
    ask(BO, reason="Please.")
    asks.sort()
    assert "Please." in json.dumps(person_records.export(BO), default=str)
    person_erasures.erase(BO)
    assert count() == 0
    assert BO not in [email for _, _, email in recorded()]


def test_ended_requests_are_erased_with_ended_invitations(travel):
    settings.change_invitations(
        cast.organization(),
        by=cast.person(),
        expiry_days=None,
        allowed_domains=None,
        retention_days=30,
    )
    decline(propose(BO))
    decline(propose(MAY))
    cast.invited(MAY)
    propose(JO)
    travel(days=31)
    retention.erase_due()
    lapses.sweep()
    retention.erase_due()
    told = [email for _, _, email in recorded()]
    assert BO not in told
    assert MAY in told  # there is an invitation of theirs
    travel(days=31)
    retention.erase_due()
    assert count() == 0


def test_a_restore_ends_all_that_were_open():
    request, other = propose(), ask(MAY)
    assert restored.end_all() == 2
    assert state(request) == state(other) == "lapsed"
    assert cast.invitation(BO) is None


def test_a_member_who_came_by_a_request_is_like_any_other():
    approve(propose())
    acceptances.accept(
        cast.mailed_token(cast.invitation(BO)), full_name="B", password=cast.PASSWORD
    )
    assert cast.member(BO).role == "contributor"
    assert requests.find(cast.organization(), newest().id).state == "approved"
