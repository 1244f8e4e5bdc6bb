"""Rules 7 to 10: what the holder of a link can do, and what several at once can not."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.meanwhile import once
from tests.support.together import at_once, together
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import events, invitations, organizations, outbox
from webapp.domain.accounts import api_keys, confirmations, passwords, people, sessions, sign_ins
from webapp.domain.errors import NotFound, Refusal, Refusals
from webapp.domain.invitations import acceptances, link_status, links, renewal_requests, resends
from webapp.domain.invitations.link_status import Gone, LinkStatus
from webapp.models import Delivery, Event, Membership, Session, User

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

NEW = {"full_name": "Bo Lind", "password": "seven bars and a half"}


def status(token):
    return link_status.look(token).status


def test_accepting_makes_account_membership_event_and_session_at_once():
    made = cast.invited(role="manager")
    welcome = acceptances.accept(cast.mailed_token(made), username="bo", **NEW)
    bo = people.find("BO")
    assert bo is not None
    assert (bo.email, bo.full_name, bo.is_verified) == ("bo@example.org", "Bo Lind", True)
    member = db.session.query(Membership).filter_by(user_id=bo.id).one()
    assert (member.role, member.status) == ("manager", "active")
    assert cast.invitation().state == "accepted"
    assert events.of_invitation(made)[-1][0].name == "InvitationAccepted"
    session = sessions.find(welcome.session_token)
    assert session is not None
    assert session.user_id == bo.id
    assert welcome.slug == "acme"


def test_when_the_session_cannot_be_made_nothing_else_is(monkeypatch):
    made = cast.invited()

    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr(sessions, "start", fail)
    with pytest.raises(RuntimeError):
        acceptances.accept(cast.mailed_token(made), **NEW)
    assert people.find("bo@example.org") is None
    assert cast.invitation().state == "pending"
    assert db.session.query(Event).filter_by(name="InvitationAccepted").count() == 4  # the cast's


def test_twenty_at_once_make_one_account(app):
    token = cast.mailed_token(cast.invited())
    outcomes = at_once(app, lambda _: acceptances.accept(token, **NEW), 20)
    assert outcomes.count("done") == 1
    assert set(outcomes) - {"done"} == {"Gone"}
    bo = people.find("bo@example.org")
    assert bo is not None
    assert db.session.query(User).filter_by(email="bo@example.org").count() == 1
    assert db.session.query(Membership).filter_by(user_id=bo.id).count() == 1
    accepted = db.session.query(Event).filter_by(
        name="InvitationAccepted", invitation_id=cast.invitation().id
    )
    assert accepted.count() == 1
    assert db.session.query(Session).filter_by(user_id=bo.id).count() == 1


def test_ten_admins_inviting_one_address_at_once_make_one_invitation(app):
    found = []

    def press(_):
        acme, priya = cast.organization(), cast.person()
        try:
            invitations.create(acme, by=priya, email="bo@example.org", role="manager")
        except Refusal as refusal:
            found.append(refusal.facts["invitation_id"])
            raise

    assert at_once(app, press, 10).count("done") == 1
    assert found == [cast.invitation().id] * 9


def test_a_daily_share_holds_against_parallel_requests(make_app):
    app = make_app(INVITATIONS_PER_ADMIN_PER_DAY="5")

    def press(number):
        acme, eve = cast.organization("evil"), cast.person(cast.EVE)
        invitations.create(acme, by=eve, email=f"p{number}@example.org", role="manager")

    outcomes = at_once(app, press, 12)
    assert outcomes.count("done") == 5
    assert not any(outcome.startswith("broken") for outcome in outcomes)


def test_accepting_and_revoking_at_once_never_does_both(app):
    made = cast.invited()
    token = cast.mailed_token(made)
    outcomes = together(
        app,
        lambda: acceptances.accept(token, **NEW),
        lambda: invitations.revoke(cast.organization(), made.id, by=cast.person()),
    )
    assert outcomes.count("done") == 1
    assert not any(outcome.startswith("broken") for outcome in outcomes)
    state = cast.invitation().state
    assert state == ("accepted" if outcomes[0] == "done" else "revoked")
    assert (people.find("bo@example.org") is not None) == (state == "accepted")


def test_each_end_of_a_link_has_its_own_status(travel):
    first = cast.invited()
    old = cast.mailed_token(first)
    assert status(old) is LinkStatus.OPEN
    resends.resend(cast.organization(), first.id, by=cast.person())
    assert status(old) is LinkStatus.SUPERSEDED
    current = cast.mailed_token(cast.invitation())
    travel(days=8)
    assert status(current) is LinkStatus.EXPIRED
    travel(days=-8)
    assert status(current) is LinkStatus.OPEN
    acceptances.decline(current, reason="No time")
    assert status(current) is status(old) is LinkStatus.DECLINED
    second = cast.invited()
    invitations.revoke(cast.organization(), second.id, by=cast.person())
    assert status(cast.mailed_token(second)) is LinkStatus.REVOKED
    third = cast.invited()
    acceptances.accept(cast.mailed_token(third), **NEW)
    assert status(cast.mailed_token(third)) is LinkStatus.ACCEPTED


def test_a_link_stops_to_the_second_whether_or_not_the_job_has_run(travel):
    made = cast.invited()
    token = cast.mailed_token(made)
    travel(seconds=(made.expires_at - clock.now()).total_seconds())
    with pytest.raises(Gone):
        acceptances.accept(token, **NEW)
    assert cast.invitation().state == "pending"


def test_an_ended_link_accepts_joins_and_declines_nothing():
    made = cast.invited()
    token = cast.mailed_token(made)
    invitations.revoke(cast.organization(), made.id, by=cast.person())
    for act in (
        lambda: acceptances.accept(token, **NEW),
        lambda: acceptances.join(token, by=None, password="x"),
        lambda: acceptances.decline(token),
        lambda: renewal_requests.renew(token),
    ):
        with pytest.raises(Gone):
            act()
    assert people.find("bo@example.org") is None


@pytest.mark.parametrize("column", [{"role": "manager"}, {"status": "deactivated"}])
def test_the_link_of_an_inviter_who_lost_the_right_is_closed(column):
    token = cast.mailed_token(cast.invited())
    change_membership(cast.PRIYA, **column)
    assert status(token) is LinkStatus.CLOSED
    with pytest.raises(Gone):
        acceptances.accept(token, **NEW)


def test_the_links_of_a_suspended_organization_are_closed_until_it_goes_on():
    token = cast.mailed_token(cast.invited())
    organizations.suspend(cast.organization())
    assert status(token) is LinkStatus.CLOSED
    organizations.resume(cast.organization())
    assert status(token) is LinkStatus.OPEN


def test_what_was_typed_wrong_is_said_all_at_once():
    token = cast.mailed_token(cast.invited())
    with pytest.raises(Refusals) as refused:
        acceptances.accept(token, full_name="", password="short", username="no spaces")
    assert [one.field for one in refused.value.refusals] == ["full_name", "username", "password"]


def test_a_username_is_one_persons_in_any_case():
    acceptances.accept(cast.mailed_token(cast.invited()), username="Bo.L", **NEW)
    with pytest.raises(Refusal, match="username is taken"):
        acceptances.accept(
            cast.mailed_token(cast.invited("jo@example.org")), username="bO.l", **NEW
        )
    assert people.find("jo@example.org") is None


def test_an_address_with_an_account_joins_with_its_password():
    token = cast.mailed_token(cast.invited(cast.EVE))
    with pytest.raises(Refusal, match="already has an account"):
        acceptances.accept(token, **NEW)
    with pytest.raises(Refusal, match="password is not right"):
        acceptances.join(token, by=None, password="wrong wrong wrong")
    with pytest.raises(Refusal, match="you are signed in as"):
        acceptances.join(token, by=cast.person(cast.CHEN))
    welcome = acceptances.join(token, by=None, password=cast.PASSWORD)
    assert welcome.slug == "acme"
    assert cast.invitation(cast.EVE).state == "accepted"


def test_nobody_joins_with_an_account_that_is_not_there_or_that_nobody_has_proved():
    invitation = cast.invited()
    mailed = cast.mailed_token(invitation)
    with pytest.raises(Refusal, match="There is no account for this address yet"):
        acceptances.join(mailed, by=None, password=NEW["password"])
    acceptances.accept(links.token(cast.invited(slug="evil"), links.COPIED), **NEW)
    with pytest.raises(Refusal, match="There is no account for this address yet"):
        acceptances.join(mailed, by=None, password=NEW["password"])
    with pytest.raises(Refusal, match="There is no account for this address yet"):
        acceptances.join(mailed, by=people.find("bo@example.org"))
    db.session.refresh(invitation)
    assert invitation.state == "pending"


def test_opening_is_noted_once():
    made = cast.invited()
    token = cast.mailed_token(made)
    link_status.note_opened(token)
    first = cast.invitation().opened_at
    link_status.note_opened(token)
    assert first is not None
    assert cast.invitation().opened_at == first
    assert [e.name for e, _ in events.of_invitation(made)].count("InvitationOpened") == 1


def test_a_renewal_goes_to_the_invited_address_with_pauses(travel):
    made = cast.invited()
    token = cast.mailed_token(made)
    with pytest.raises(Gone):
        renewal_requests.renew(token)
    # From a noon on, as midnight would begin the count anew.
    travel(days=8, hours=12, seconds=(clock.next_day() - clock.now()).total_seconds())
    renewed = renewal_requests.renew(token)
    assert (renewed.state, renewed.link_number) == ("pending", 2)
    with pytest.raises(Refusal, match="a few minutes ago"):
        renewal_requests.renew(token)
    for _ in range(2):
        travel(minutes=11)
        renewal_requests.renew(token)
    travel(minutes=11)
    with pytest.raises(Refusal, match="3 new links"):
        renewal_requests.renew(token)
    kinds = [d.kind for d in db.session.query(Delivery).filter_by(invitation_id=made.id)]
    assert kinds == ["invitation", "renewal", "renewal", "renewal"]


def test_a_renewal_is_closed_with_the_inviters_right(travel):
    token = cast.mailed_token(cast.invited())
    travel(days=8)
    change_membership(cast.PRIYA, role="contributor")
    with pytest.raises(Gone):
        renewal_requests.renew(token)


def test_a_copied_link_makes_an_unverified_account_that_works_nowhere_else(smtp):
    made = cast.invited()
    copied = links.token(made, links.COPIED)
    acceptances.accept(copied, **NEW)
    bo = people.find("bo@example.org")
    assert bo is not None
    assert not bo.is_verified
    assert bo.may_enter(cast.organization().id)
    assert not bo.may_enter(cast.organization("evil").id)
    elsewhere = links.token(cast.invited(slug="evil"), links.COPIED)
    with pytest.raises(Refusal, match="not confirmed yet"):
        acceptances.join(elsewhere, by=None, password=NEW["password"])
    outbox.drain()
    assert any("Confirm your address" in m.message["Subject"] for m in smtp.messages)


def test_the_mailboxs_holder_takes_an_unverified_account_over_by_an_invitation():
    """The pre-occupation story: Eve opens an account for Bo's address and waits."""
    by_eve = acceptances.accept(
        links.token(cast.invited(slug="evil", role="admin"), links.COPIED),
        full_name="Not Bo",
        password="eve knows this one",
    )
    assert sessions.find(by_eve.session_token) is not None
    occupied = cast.person("bo@example.org")
    evil = cast.organization("evil")
    _, key = api_keys.create(evil, by=occupied, name="Later", scopes=["audit:read"], days=None)
    mailed = cast.mailed_token(cast.invited())
    assert link_status.look(mailed).asks_for_account
    acceptances.accept(mailed, **NEW)
    assert sessions.find(by_eve.session_token) is None
    assert api_keys.find(key) is None
    with pytest.raises(Refusal):
        sign_ins.sign_in("bo@example.org", "eve knows this one")
    bo = people.find("bo@example.org")
    assert bo is not None
    assert (bo.full_name, bo.is_verified) == ("Bo Lind", True)


def test_a_confirmation_link_sets_a_password_once_and_ends_all_other_sessions(travel):
    early = acceptances.accept(links.token(cast.invited(), links.COPIED), **NEW)
    bo = people.find("bo@example.org")
    assert bo is not None
    token = confirmations.address(bo).partition("token=")[2]
    with pytest.raises(Refusal, match="at least 12"):
        confirmations.confirm(token, password="short")
    late = confirmations.confirm(token, password="quite another sentence")
    assert sessions.find(early.session_token) is None
    assert sessions.find(late) is not None
    with pytest.raises(NotFound):
        confirmations.confirm(token, password="quite another sentence")
    assert sign_ins.sign_in("bo@example.org", "quite another sentence")


def test_a_confirmation_link_runs_out(travel):
    acceptances.accept(links.token(cast.invited(), links.COPIED), **NEW)
    bo = people.find("bo@example.org")
    assert bo is not None
    token = confirmations.address(bo).partition("token=")[2]
    assert confirmations.look(token).id == bo.id
    travel(days=7, seconds=1)
    with pytest.raises(NotFound):
        confirmations.look(token)
    travel(days=-1)
    with pytest.raises(NotFound):
        confirmations.look(token[:-4] + "AAAA")


def change_membership(email, **columns):
    @transaction()
    def change():
        person = cast.person(email)
        member = db.session.query(Membership).filter_by(user_id=person.id).one()
        for name, value in columns.items():
            setattr(member, name, value)

    change()


def test_a_sign_in_under_way_does_not_outlive_a_take_over(monkeypatch):
    acceptances.accept(
        links.token(cast.invited(slug="evil", role="admin"), links.COPIED),
        full_name="Not Bo",
        password="eve knows this one",
    )
    mailed = cast.mailed_token(cast.invited())
    compare = passwords.matches

    def compare_slowly(*args):
        right = compare(*args)
        monkeypatch.setattr(passwords, "matches", compare)
        acceptances.accept(mailed, **NEW)  # the owner is quicker than the comparison
        return right

    monkeypatch.setattr(passwords, "matches", compare_slowly)
    with pytest.raises(Refusal):
        sign_ins.sign_in("bo@example.org", "eve knows this one")
    bo = people.find("bo@example.org")
    live = db.session.query(Session).filter_by(user_id=bo.id, revoked_at=None)
    assert live.count() == 1  # the owner's own


def test_joining_under_way_does_not_outlive_a_change_of_password(monkeypatch):
    token = cast.mailed_token(cast.invited(cast.EVE))

    def compare(*_):
        @transaction()
        def change():
            cast.person(cast.EVE).password_hash = passwords.hashed("another sentence now")

        change()
        return True

    monkeypatch.setattr(passwords, "matches", compare)
    with pytest.raises(Refusal, match="has just been changed"):
        acceptances.join(token, by=None, password=cast.PASSWORD)
    assert cast.invitation(cast.EVE).state == "pending"


def test_joining_under_way_does_not_outlive_the_invitation(monkeypatch):
    invitation = cast.invited(cast.EVE)
    token = cast.mailed_token(invitation)

    def revoke():
        invitations.revoke(cast.organization(), invitation.id, by=cast.person())

    once(monkeypatch, passwords, "matches", revoke, after=True)
    with pytest.raises(Gone):
        acceptances.join(token, by=None, password=cast.PASSWORD)
    assert cast.invitation(cast.EVE).state == "revoked"


def test_a_reason_has_at_most_a_thousand_letters():
    token = cast.mailed_token(cast.invited())
    with pytest.raises(Refusal, match="1,000"):
        acceptances.decline(token, reason="x" * 1001)
    acceptances.decline(token, reason="x" * 1000)
    assert cast.invitation().decline_reason == "x" * 1000


def test_a_password_is_the_same_however_its_letters_are_composed():
    composed, apart = "sju g\u00e5ngers b\u00f6n", "sju ga\u030angers bo\u0308n"
    token = cast.mailed_token(cast.invited())
    acceptances.accept(token, full_name="Bo", password=composed)
    assert sign_ins.sign_in("bo@example.org", apart)


def test_a_name_that_grows_when_composed_is_measured_afterwards():
    token = cast.mailed_token(cast.invited())
    with pytest.raises(Refusals, match="at most 100 characters"):
        acceptances.accept(token, full_name="\ufb2c" * 100, password=NEW["password"])


def test_a_look_alike_of_an_address_proves_nothing_about_it():
    cast.invited("stra\u00dfe@example.org")
    token = cast.mailed_token(cast.invitation("stra\u00dfe@example.org"))
    acceptances.accept(token, **NEW)
    other = cast.mailed_token(cast.invited("strasse@example.org"))
    assert link_status.look(other).account is None


def test_an_older_link_does_not_write_to_somebody_who_said_that_it_is_not_for_them(travel):
    older = cast.mailed_token(cast.invited())
    travel(days=8)
    acceptances.decline(cast.mailed_token(cast.invited()), not_for_me=True)
    with pytest.raises(Refusal, match="no longer sends mail"):
        renewal_requests.renew(older)
