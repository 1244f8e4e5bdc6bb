"""Leaving an organization, and deleting one's account."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.meanwhile import Queue, Somebody, once
from tests.support.together import at_once
from webapp.db import db
from webapp.domain import accounts, events, invitations, outbox
from webapp.domain.accounts import mailed_links, password_resets, people, sessions, sign_ins
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.events import sentences
from webapp.domain.invitations import acceptances, inviter_handover, link_status
from webapp.domain.members import leaving, roles
from webapp.domain.organizations import member_table
from webapp.domain.organizations.member_table import MemberFilters
from webapp.domain.privacy import person_erasures
from webapp.models import Delivery, Event, Membership, RecoveryCode, Session, User

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

NEW = {"full_name": "Bo Lind", "password": "seven bars and a half"}


def leave(email, slug="acme"):
    member = cast.member(email, slug)
    leaving.leave(cast.organization(slug), member.id, by=cast.person(email))


def delete(email, password=cast.PASSWORD):
    leaving.delete_account(cast.person(email), password=password)


def memberships_of(user_id):
    return db.session.query(Membership).filter_by(user_id=user_id).count()


def named(name):
    return db.session.query(Event).filter_by(name=name).order_by(Event.id).all()


@pytest.fixture
def marco():
    """Marco is an admin, too, with an open invitation."""
    acme = cast.organization()
    roles.change_role(acme, cast.member(cast.MARCO).id, by=cast.person(), role="admin")
    invitations.create(acme, by=cast.person(cast.MARCO), email="bo@example.org", role="contributor")
    return cast.person(cast.MARCO)


def test_nobody_leaves_for_somebody_else():
    for email in (cast.PRIYA, cast.MARCO, cast.EVE):
        with pytest.raises(NotFound):
            leaving.leave(cast.organization(), cast.member().id, by=cast.person(email))
    assert cast.member().is_active
    assert named("MemberLeft") == []


def test_who_has_left_is_out_and_still_has_an_account():
    chen, token = cast.person(cast.CHEN), sessions.start(cast.person(cast.CHEN))
    leave(cast.CHEN)
    assert memberships_of(chen.id) == 0
    session = sessions.find(token)
    assert (session is not None, session.organization_id) == (True, None)
    event = named("MemberLeft")[0]
    assert (event.organization_id, event.actor_id) == (cast.organization().id, chen.id)
    assert sentences.sentence(event, chen) == "chen@acme.example left."
    sign_ins.sign_in(cast.CHEN, cast.PASSWORD)
    assert named("SignedIn")[-1].organization_id is None


def test_who_has_left_can_be_invited_again_and_comes_back():
    leave(cast.CHEN)
    made = cast.invited(cast.CHEN)
    acceptances.join(cast.mailed_token(made), by=None, password=cast.PASSWORD)
    assert cast.member().is_active


@pytest.mark.parametrize("go", [leave, delete])
def test_the_last_admin_stays(go):
    with pytest.raises(Refusal, match="You are the last active admin of Acme"):
        go(cast.PRIYA)
    assert cast.member(cast.PRIYA).role == "admin"
    assert sign_ins.sign_in(cast.PRIYA, cast.PASSWORD)


@pytest.mark.parametrize("go", [leave, delete])
def test_an_admins_open_invitations_end_when_they_go(marco, go):
    token = cast.mailed_token(cast.invitation())
    go(cast.MARCO)
    assert cast.invitation().state == "revoked"
    assert link_status.look(token).status == "revoked"
    assert len(named("InvitationRevoked")) == 1


@pytest.mark.parametrize("go", [leave, delete])
def test_two_admins_who_go_at_once_do_not_both_go(marco, app, go):
    outcomes = at_once(app, lambda number: go((cast.PRIYA, cast.MARCO)[number]), 2)
    assert sorted(outcomes) == ["Refusal", "done"]
    left = db.session.query(Membership).filter_by(
        organization_id=cast.organization().id, role="admin"
    )
    assert left.count() == 1


def test_deleting_takes_a_password_and_nothing_goes_without_it():
    with pytest.raises(Refusal) as refused:
        delete(cast.CHEN, "a guess at it")
    assert refused.value.field == "password"
    assert cast.member().is_active
    assert named("AccountDeleted") == []


def test_of_a_deleted_account_nothing_says_whose_it_was():
    accounts.change_profile(cast.person(cast.CHEN), full_name="Chen Wei", username="chen")
    chen, token = cast.person(cast.CHEN), sessions.start(cast.person(cast.CHEN))
    password_resets.request(cast.CHEN)
    delete(cast.CHEN)
    db.session.expire_all()
    row = db.session.get_one(User, chen.id)
    kept = " ".join(str(getattr(row, column.key)) for column in User.__table__.columns)
    assert "chen" not in kept.lower()
    assert row.deleted_at is not None
    assert sessions.find(token) is None
    kept = db.session.query(Session).filter_by(user_id=chen.id)
    assert {(one.address, one.device, one.revoked_at is None) for one in kept} == {("", "", False)}
    for model in (Membership, RecoveryCode):
        assert db.session.query(model).filter_by(user_id=chen.id).count() == 0
    assert people.find(cast.CHEN) is people.find("chen") is None
    assert [d.recipient for d in db.session.query(Delivery).filter_by(user_id=chen.id)] == [""]
    names = [
        member.user.email for member in member_table.page(cast.organization(), MemberFilters()).rows
    ]
    assert cast.CHEN not in names


def test_a_deleted_account_is_on_record_in_each_of_its_organizations_without_its_address():
    made = cast.invited(cast.CHEN, slug="evil")
    acceptances.join(cast.mailed_token(made), by=None, password=cast.PASSWORD)
    delete(cast.CHEN)
    rows = named("AccountDeleted")
    expected = {cast.organization().id, cast.organization("evil").id}
    assert {row.organization_id for row in rows} == expected
    assert len(rows) == 2
    assert cast.CHEN not in str([row.data for row in rows])


def test_a_deleted_account_signs_in_nowhere_and_its_links_are_dead():
    chen = cast.person(cast.CHEN)
    token = mailed_links.token(password_resets.PURPOSE, chen)
    password_resets.request(cast.CHEN)
    delete(cast.CHEN)
    for name in (cast.CHEN, "", "Deleted account", f"deleted {chen.id}"):
        with pytest.raises(Refusal):
            sign_ins.sign_in(name, cast.PASSWORD)
    after = mailed_links.token(password_resets.PURPOSE, db.session.get_one(User, chen.id))
    for dead in (token, after):
        with pytest.raises(NotFound):
            password_resets.reset(dead, password=NEW["password"])


def test_mail_for_a_deleted_account_is_not_sent(smtp, travel):
    outbox.drain()
    smtp.messages.clear()
    password_resets.request(cast.CHEN)
    delete(cast.CHEN)
    travel(seconds=password_resets.LONGEST_PAUSE.total_seconds())
    assert outbox.drain() == {"skipped": 1}
    assert smtp.messages == []
    assert db.session.query(Delivery).filter_by(kind="reset").one().state == "suppressed"


def test_the_address_of_a_deleted_account_is_invited_like_any_other():
    before = cast.person(cast.CHEN).id
    delete(cast.CHEN)
    acceptances.accept(cast.mailed_token(cast.invited(cast.CHEN)), **NEW)
    assert cast.person(cast.CHEN).id != before


def test_deleting_is_refused_in_the_name_of_every_organization_that_needs_them():
    made = cast.invited(cast.PRIYA, slug="evil", role="admin")
    acceptances.join(cast.mailed_token(made), by=None, password=cast.PASSWORD)
    roles.deactivate(
        cast.organization("evil"), cast.member(cast.EVE, "evil").id, by=cast.person(cast.PRIYA)
    )
    with pytest.raises(Refusal, match="last active admin of Acme and of Evil Corp"):
        delete(cast.PRIYA)
    assert memberships_of(cast.person().id) == 2


def test_deleting_and_joining_at_once_leaves_no_membership_of_nobody(app):
    token = cast.mailed_token(cast.invited(cast.CHEN, slug="evil"))
    chen = cast.person(cast.CHEN).id

    def act(number):
        if number == 0:
            acceptances.join(token, by=None, password=cast.PASSWORD)
        else:
            delete(cast.CHEN)

    outcomes = at_once(app, act, 2)
    assert set(outcomes) <= {"done", "Refusal", "WrongGuess"}, outcomes
    assert "done" in outcomes
    gone = db.session.get_one(User, chen).deleted_at is not None
    assert memberships_of(chen) == (0 if gone else 2)


def test_deleting_and_signing_in_at_once_leaves_no_session(app):
    chen = cast.person(cast.CHEN).id

    def act(number):
        if number == 0:
            delete(cast.CHEN)
        else:
            sign_ins.sign_in(cast.CHEN, cast.PASSWORD)

    outcomes = at_once(app, act, 6)
    assert outcomes[0] == "done"
    assert set(outcomes[1:]) <= {"done", "Refusal", "WrongGuess"}, outcomes
    assert db.session.query(Session).filter_by(user_id=chen, revoked_at=None).count() == 0


@pytest.mark.parametrize(("go", "name"), [(leave, "MemberLeft"), (delete, "AccountDeleted")])
def test_when_it_cannot_be_put_on_record_nobody_has_gone(monkeypatch, go, name):
    real = events._row

    def fail(organization, event, *rest):
        if event == name:
            raise RuntimeError
        return real(organization, event, *rest)

    monkeypatch.setattr(events, "_row", fail)
    with pytest.raises(RuntimeError):
        go(cast.CHEN)
    assert cast.member().is_active
    assert sign_ins.sign_in(cast.CHEN, cast.PASSWORD)


@pytest.mark.parametrize("erased", [False, True])
def test_somebody_joins_while_their_inviter_deletes_the_account(
    app, monkeypatch, database, marco, erased
):
    token = cast.mailed_token(cast.invitation())
    invitee = Somebody(Queue(app, monkeypatch), lambda: acceptances.accept(token, **NEW))
    came_to = []
    once(monkeypatch, inviter_handover, "hold", lambda: came_to.append(invitee.comes_to()))
    if erased:
        person_erasures.erase(cast.MARCO)
    else:
        delete(cast.MARCO)
    is_sqlite = database.startswith("sqlite")  # one writer
    assert came_to == ["waits" if is_sqlite else "done"]
    assert invitee.outcome() == ("Gone" if is_sqlite else "done")
    assert memberships_of(marco.id) == 0
