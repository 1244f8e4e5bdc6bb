"""Rules 1 to 6, 11, 12 and 14: inviting, and what an admin can do until it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import cast
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import events, invitations
from webapp.domain.errors import Forbidden, NotFound, Refusal
from webapp.domain.events import OPERATOR
from webapp.domain.invitations import eligibility, resends
from webapp.domain.mail import kinds
from webapp.models import Delivery, Event, Invitation

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def invite(email="bo@example.org", by=cast.PRIYA, **wishes):
    wishes.setdefault("role", "contributor")
    actor = by if by is OPERATOR else cast.person(by)
    return invitations.create(cast.organization(), by=actor, email=email, **wishes)


def names_of(invitation):
    return [event.name for event, _ in events.of_invitation(invitation)]


def test_an_invitation_its_event_and_its_mail_come_into_being_together():
    made = invite(name="Bo", message="Hello")
    assert made.state == "pending"
    assert names_of(made) == ["InvitationCreated"]
    delivery = db.session.query(Delivery).filter_by(invitation_id=made.id).one()
    assert (delivery.state, delivery.recipient) == ("queued", "bo@example.org")


def test_when_the_event_cannot_be_written_there_is_no_invitation(monkeypatch):
    def fail(*_args, **_more):
        raise RuntimeError

    monkeypatch.setattr(events, "record", fail)
    with pytest.raises(RuntimeError):
        invite()
    assert db.session.query(Invitation).filter_by(email="bo@example.org").count() == 0
    assert db.session.query(Delivery).filter_by(recipient="bo@example.org").count() == 0


@pytest.mark.parametrize("same", ["bo@example.org", "BO@Example.ORG", " bo@example.org "])
def test_a_second_open_invitation_for_an_address_is_refused_with_the_first_ones_id(same):
    first = invite()
    with pytest.raises(Refusal, match="already has an open invitation") as refused:
        invite(same)
    assert refused.value.field == "email"
    assert refused.value.facts == {"invitation_id": first.id}


def test_an_international_domain_is_the_same_in_both_its_forms():
    invite("jo@bücher.example")
    with pytest.raises(Refusal, match="already has an open invitation"):
        invite("jo@xn--bcher-kva.example")


def test_the_database_itself_refuses_a_second_open_invitation(monkeypatch):
    first = invite()
    monkeypatch.setattr(eligibility, "_open", lambda *_: {})
    with pytest.raises(invitations._Raced):
        raced = invitations._create
        raced(
            cast.organization(),
            cast.person(),
            invitations.addresses.parse("bo@example.org"),
            True,
            {"role": "contributor", "expiry_days": 7, "name": None, "message": None, "groups": []},
            False,
        )
    assert cast.invitation().id == first.id


def test_a_member_is_not_invited_again():
    with pytest.raises(Refusal, match="is already a member"):
        invite(cast.CHEN.upper())


def test_after_an_invitation_ran_out_the_address_can_be_invited_anew(travel):
    first = invite()
    travel(days=8)
    second = invite()
    assert second.id != first.id
    assert names_of(cast.invitation()) == ["InvitationCreated"]
    db.session.refresh(first)
    assert (first.state, names_of(first)[-1]) == ("expired", "InvitationExpired")


@pytest.mark.parametrize("days", [1, 3, 7, 14, 30])
def test_the_term_is_counted_to_the_second(days, travel):
    made = invite(expiry_days=days)
    assert made.expires_at - made.created_at == timedelta(days=days)
    assert made.is_open(made.expires_at - timedelta(seconds=1))
    assert not made.is_open(made.expires_at)


@pytest.mark.parametrize("days", [0, -1, 2, 31, 10**9])
def test_any_other_term_is_refused(days):
    with pytest.raises(Refusal, match="1, 3, 7, 14 or 30") as refused:
        invite(expiry_days=days)
    assert refused.value.field == "expiry_days"


def test_an_organization_has_a_usual_term_of_its_own():
    set_up(expiry_days=21)
    assert invite().expiry_days == 21


@pytest.mark.parametrize("role", ["owner", "", "Admin", "admin "])
def test_an_unknown_role_is_refused(role):
    with pytest.raises(Refusal) as refused:
        invite(role=role)
    assert refused.value.field == "role"


@pytest.mark.parametrize("email", [cast.MARCO, cast.CHEN, cast.EVE])
def test_only_admins_of_the_organization_invite(email):
    with pytest.raises(Forbidden):
        invite(by=email)


def test_the_operator_invites_without_being_a_member():
    made = invite(by=OPERATOR)
    assert made.inviter_id is None
    assert events.of_invitation(made)[0][0].actor == "operator"


@pytest.mark.parametrize(
    "act",
    [
        lambda org, who, one: invitations.revoke(org, one, by=who),
        lambda org, who, one: resends.resend(org, one, by=who),
        lambda org, who, one: invitations.copy_link(org, one, by=who),
        lambda org, who, one: invitations.edit(org, one, by=who, role="admin"),
        lambda org, who, one: resends.retry_mail(org, one, 1, by=who),
    ],
    ids=["revoke", "resend", "copy", "edit", "retry"],
)
def test_an_invitation_of_another_organization_is_not_there(act):
    made = invite()
    with pytest.raises(NotFound):
        act(cast.organization("evil"), cast.person(cast.EVE), made.id)
    with pytest.raises(Forbidden):
        act(cast.organization(), cast.person(cast.EVE), made.id)
    with pytest.raises(Forbidden):
        act(cast.organization(), cast.person(cast.MARCO), made.id)
    with pytest.raises(NotFound):
        act(cast.organization(), cast.person(), 2**62)
    db.session.refresh(made)
    assert (made.state, names_of(made)) == ("pending", ["InvitationCreated"])


def test_resending_makes_a_new_link_with_a_full_new_term(travel):
    made = invite()
    before = (made.secret, made.expires_at)
    travel(days=2)
    again = resends.resend(cast.organization(), made.id, by=cast.person())
    assert again.secret != before[0]
    assert again.expires_at == pytest.approx(
        clock.now() + timedelta(days=7), abs=timedelta(seconds=5)
    )
    assert again.link_number == 2
    assert names_of(again)[-1] == "InvitationResent"


def test_an_expired_invitation_is_pending_again_once_resent(travel):
    made = invite()
    travel(days=8)
    assert resends.resend(cast.organization(), made.id, by=cast.person()).state == "pending"


def test_an_expired_invitation_is_not_resent_beside_a_newer_one(travel):
    first = invite()
    travel(days=8)
    invite()
    with pytest.raises(Refusal, match="newer invitation"):
        resends.resend(cast.organization(), first.id, by=cast.person())


def test_resending_is_limited_to_once_a_minute_and_to_the_addresss_daily_share(travel):
    made = invite()
    acme, priya = cast.organization(), cast.person()
    resends.resend(acme, made.id, by=priya)
    with pytest.raises(Refusal, match="less than a minute ago"):
        resends.resend(acme, made.id, by=priya)
    for _ in range(3):
        travel(minutes=2)
        resends.resend(acme, made.id, by=priya)
    travel(minutes=2)
    with pytest.raises(Refusal, match="5 mails today"):
        resends.resend(acme, made.id, by=priya)


def test_resending_is_limited_to_five_times_a_day(travel, monkeypatch):
    plenty = kinds.KINDS["resend"]._replace(share=kinds.Share("mail", 100))
    monkeypatch.setitem(kinds.KINDS, "resend", plenty)
    made = invite()
    for _ in range(5):
        travel(minutes=2)
        resends.resend(cast.organization(), made.id, by=cast.person())
    travel(minutes=2)
    with pytest.raises(Refusal, match="5 times a day"):
        resends.resend(cast.organization(), made.id, by=cast.person())
    travel(days=1)
    resends.resend(cast.organization(), made.id, by=cast.person())


def test_editing_changes_what_was_asked_and_makes_no_new_link():
    made = invite()
    secret, issued = made.secret, made.created_at
    edited = invitations.edit(
        cast.organization(), made.id, by=cast.person(), role="manager", expiry_days=14, message="Hi"
    )
    assert (edited.role, edited.message, edited.secret) == ("manager", "Hi", secret)
    assert edited.expires_at - issued == timedelta(days=14)
    assert db.session.query(Delivery).filter_by(invitation_id=made.id).count() == 1
    event, _ = events.of_invitation(made)[-1]
    assert event.data == {"changed": "the role, the term, the message"}


def test_an_edit_that_changes_nothing_leaves_no_event():
    made = invite()
    invitations.edit(cast.organization(), made.id, by=cast.person(), role="contributor")
    assert names_of(made) == ["InvitationCreated"]


def test_a_term_that_would_have_ended_already_is_refused(travel):
    made = invite()
    travel(days=3)
    with pytest.raises(Refusal, match="would have expired already"):
        invitations.edit(
            cast.organization(), made.id, by=cast.person(), role="contributor", expiry_days=1
        )


def test_a_revoked_invitation_cannot_be_edited_resent_or_copied():
    made = invite()
    acme, priya = cast.organization(), cast.person()
    assert invitations.revoke(acme, made.id, by=priya).state == "revoked"
    for act in (
        lambda: invitations.edit(acme, made.id, by=priya, role="admin"),
        lambda: resends.resend(acme, made.id, by=priya),
        lambda: invitations.copy_link(acme, made.id, by=priya),
    ):
        with pytest.raises(Refusal):
            act()
    assert invitations.revoke(acme, made.id, by=priya).state == "revoked"
    assert names_of(made) == ["InvitationCreated", "InvitationRevoked"]


def test_copying_the_link_changes_nothing_but_is_on_record():
    made = invite()
    secret = made.secret
    link = invitations.copy_link(cast.organization(), made.id, by=cast.person())
    assert link.startswith("http://gatehouse.test/register?token=")
    assert cast.invitation().secret == secret
    assert names_of(made)[-1] == "InvitationLinkCopied"


def test_only_allowed_domains_are_invited_and_invite(make_app, database):
    app = make_app(ALLOWED_INVITE_DOMAINS="acme.example")
    with app.app_context():
        with pytest.raises(Refusal, match=r"You can only invite addresses at acme\.example"):
            invite("bo@example.org")
        assert invite("bo@acme.example").state == "pending"
    with make_app(ALLOWED_INVITE_DOMAINS="other.example").app_context():
        with pytest.raises(Refusal, match="Only people with an address"):
            invite("jo@other.example")
        assert invite("jo@other.example", by=OPERATOR).state == "pending"


def test_an_organization_can_set_a_narrower_list():
    set_up(allowed_domains="acme.example")
    with pytest.raises(Refusal, match=r"You can only invite addresses at acme\.example"):
        invite("bo@example.org")


def test_an_admin_has_a_daily_share_that_revoking_does_not_give_back(make_app, travel):
    with make_app(INVITATIONS_PER_ADMIN_PER_DAY="2").app_context():
        evil, eve = cast.organization("evil"), cast.person(cast.EVE)
        for number in range(2):
            made = cast.invited(f"p{number}@example.org", slug="evil")
            invitations.revoke(evil, made.id, by=eve)
        with pytest.raises(Refusal, match="You can send more from"):
            cast.invited("p3@example.org", slug="evil")
        assert db.session.query(Invitation).filter_by(email="p3@example.org").count() == 0
        travel(days=1)
        assert cast.invited("p3@example.org", slug="evil").state == "pending"


def test_an_organization_has_a_daily_share(make_app):
    with make_app(INVITATIONS_PER_ORG_PER_DAY="2").app_context():
        # Eve's own invitation, by the operator, was the first of today.
        cast.invited("p1@example.org", slug="evil")
        with pytest.raises(Refusal, match="This organization has sent 2 invitations"):
            cast.invited("p2@example.org", slug="evil")


def test_one_address_gets_five_invitation_mails_a_day_from_all_organizations():
    for number in range(5):
        slug = "acme" if number % 2 else "evil"
        made = cast.invited(slug=slug)
        admin = cast.person(cast.PRIYA if slug == "acme" else cast.EVE)
        invitations.revoke(cast.organization(slug), made.id, by=admin)
    with pytest.raises(Refusal, match="Try again after"):
        invite()
    assert invite(send=False).delivery_state is None


def test_every_event_has_exactly_its_declared_keys():
    for event in db.session.query(Event):
        assert set(event.data) == events.EVENTS[event.name].keys
    with pytest.raises(ValueError, match="takes"):
        events.record(None, "InvitationCreated", by=OPERATOR, email="x")


def set_up(**columns):
    @transaction()
    def change():
        organization = cast.organization()
        for name, value in columns.items():
            setattr(organization, name, value)

    change()


def test_an_overdue_invitation_that_was_just_resent_is_not_expired_by_inviting_again(travel):
    made = invite()
    travel(days=8)
    stale = eligibility.look(cast.organization(), [made.email_key]).overdue()
    assert stale
    resends.resend(cast.organization(), made.id, by=cast.person())
    with pytest.raises(Refusal, match="already has an open invitation"):
        invite()
    assert cast.invitation().state == "pending"
