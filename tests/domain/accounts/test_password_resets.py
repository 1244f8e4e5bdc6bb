"""Forgotten passwords: only the mailbox's holder gets in, once, within the hour."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.together import at_once
from webapp.db import db, transaction
from webapp.domain import accounts, outbox
from webapp.domain.accounts import (
    confirmations,
    password_resets,
    passwords,
    people,
    sessions,
    sign_ins,
)
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.invitations import acceptances, links
from webapp.domain.outbox import claims
from webapp.models import Delivery, Event, Session

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

NEW = "quite another sentence"


def token_of(email=cast.PRIYA):
    return password_resets.address(cast.person(email)).partition("token=")[2]


@transaction()
def is_due():
    """The random pause of a mail that waits is over."""
    db.session.execute(db.text("UPDATE deliveries SET due_at = tried_since"))


def mails():
    db.session.rollback()
    return db.session.query(Delivery).filter_by(kind="reset").count()


def test_a_link_is_mailed_to_the_account_and_sets_a_password(smtp):
    outbox.drain()
    before = len(smtp.messages)
    password_resets.request(cast.PRIYA.upper())
    is_due()
    assert outbox.drain()["sent"] == 1
    mail = smtp.messages[before]
    assert mail.rcpt_to == [cast.PRIYA]
    assert mail.message["Subject"] == "Set a new password for Gatehouse at gatehouse.test"
    body = mail.message.get_body(("plain",)).get_content()
    link = next(word for word in body.split() if "/password/reset?token=" in word)
    assert (
        sessions.find(password_resets.reset(link.partition("token=")[2], password=NEW)) is not None
    )
    assert sign_ins.sign_in(cast.PRIYA, NEW)
    with pytest.raises(Refusal):
        sign_ins.sign_in(cast.PRIYA, cast.PASSWORD)
    assert "PasswordChanged" in {event.name for event in db.session.query(Event)}


def test_an_unknown_address_leaves_an_event_and_no_mail():
    password_resets.request("nobody@acme.example")
    assert mails() == 0
    event = db.session.query(Event).filter_by(name="PasswordResetRequested").one()
    assert event.data == {"user_id": None}


def test_mails_are_a_minute_apart_and_five_a_day(travel):
    password_resets.request(cast.PRIYA)
    password_resets.request(cast.PRIYA)
    assert mails() == 1
    for _ in range(7):
        travel(seconds=61)
        password_resets.request(cast.PRIYA)
    assert mails() == 5


def test_a_link_works_once():
    token, second = token_of(), token_of()
    password_resets.reset(token, password=NEW)
    for used in (token, second):
        with pytest.raises(NotFound):
            password_resets.reset(used, password="yet another sentence")


def test_of_six_who_use_a_link_at_once_one_gets_in_and_no_earlier_session_stays(app):
    before, token = sessions.start(cast.person()), token_of()
    outcomes = at_once(app, lambda n: password_resets.reset(token, password=f"{NEW} number {n}"), 6)
    assert sorted(outcomes) == ["NotFound"] * 5 + ["done"]
    assert sessions.find(before) is None
    live = db.session.query(Session).filter_by(user_id=cast.person().id, revoked_at=None)
    assert live.count() == 1
    assert sign_ins.sign_in(cast.PRIYA, f"{NEW} number {outcomes.index('done')}")


def test_it_is_on_record_where_the_account_is_at_home_and_leads_there():
    acceptances.accept(
        links.token(cast.invited("bo@example.org", slug="evil"), links.COPIED),
        full_name="Not Bo",
        password="eve knows this one",
    )
    sign_ins.sign_in(cast.PRIYA, cast.PASSWORD)
    for email, slug in (("bo@example.org", "evil"), (cast.PRIYA, "acme")):
        session = sessions.find(password_resets.reset(token_of(email), password=NEW))
        changed = db.session.query(Event).filter_by(name="PasswordChanged").all()[-1]
        here = cast.organization(slug).id
        assert (changed.organization_id, session.organization_id) == (here, here)


def test_a_link_works_for_an_hour(travel):
    token = token_of()
    travel(minutes=59)
    assert password_resets.look(token).email == cast.PRIYA
    travel(minutes=2)
    with pytest.raises(NotFound):
        password_resets.reset(token, password=NEW)


def test_a_link_ends_when_the_password_is_changed_otherwise():
    token = token_of()
    here = sessions.find(sign_ins.sign_in(cast.PRIYA, cast.PASSWORD))
    accounts.change_password(cast.person(), present=cast.PASSWORD, password=NEW, session_id=here.id)
    with pytest.raises(NotFound):
        password_resets.reset(token, password="yet another sentence")


def test_a_link_of_another_purpose_resets_nothing():
    bo = occupied()
    with pytest.raises(NotFound):
        password_resets.look(confirmations.address(bo).partition("token=")[2])
    with pytest.raises(NotFound):
        confirmations.look(token_of("bo@example.org"))


def test_a_weak_password_is_refused_and_the_link_stays():
    token = token_of()
    for weak in ("short", cast.PRIYA, "Priya Shah", "password1234"):
        with pytest.raises(Refusal):
            password_resets.reset(token, password=weak)
    assert password_resets.look(token).email == cast.PRIYA


def occupied():
    acceptances.accept(
        links.token(cast.invited(), links.COPIED), full_name="Not Bo", password="eve knows this one"
    )
    return cast.person("bo@example.org")


def test_the_mailboxs_holder_wins_an_unverified_account_whatever_its_occupier_does():
    occupied()
    stolen = sign_ins.sign_in("bo@example.org", "eve knows this one")
    token = token_of("bo@example.org")
    accounts.change_password(
        cast.person("bo@example.org"),
        present="eve knows this one",
        password="eve shuts the door",
        session_id=sessions.find(stolen).id,
    )
    assert sessions.find(password_resets.reset(token, password=NEW)) is not None
    assert sessions.find(stolen) is None
    bo = people.find("bo@example.org")
    assert (bo.is_verified, bo.confined_to_id) == (True, None)
    verified = db.session.query(Event).filter_by(name="EmailVerified").one()
    assert verified.organization_id == cast.organization().id
    with pytest.raises(NotFound):
        password_resets.look(token)


def test_a_sign_in_under_way_does_not_outlive_a_reset(monkeypatch):
    token = token_of()
    compare = passwords.matches

    def compare_slowly(*args):
        right = compare(*args)
        monkeypatch.setattr(passwords, "matches", compare)
        password_resets.reset(token, password=NEW)  # the owner is quicker than the comparison
        return right

    monkeypatch.setattr(passwords, "matches", compare_slowly)
    with pytest.raises(Refusal):
        sign_ins.sign_in(cast.PRIYA, cast.PASSWORD)


def test_who_is_deactivated_everywhere_resets_all_the_same():
    @transaction()
    def deactivate():
        db.session.execute(db.text("UPDATE memberships SET status = 'deactivated'"))

    deactivate()
    outbox.drain()
    password_resets.request(cast.PRIYA)
    is_due()
    assert outbox.drain()["sent"] == 1
    assert password_resets.reset(token_of(), password=NEW)


def test_a_mail_of_no_organization_has_its_turn_among_many():
    outbox.drain()
    for number in range(60):
        cast.invited(f"guest{number}@example.org")
    password_resets.request(cast.PRIYA)
    is_due()
    from_reset = db.session.query(Delivery).filter_by(kind="reset").one().id
    claimed = claims.take(2)
    assert from_reset in {claim.row_id for claim in claimed}
