"""The owner hears of every change to how they sign in: what, when, from where, and what to do."""

from __future__ import annotations

import itertools
import re

import pyotp
import pytest

from tests import cast
from webapp import clock, trace
from webapp.db import db
from webapp.domain import accounts, events, outbox
from webapp.domain.accounts import password_resets, second_factors, sessions, sign_ins
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.events import owner_notices
from webapp.domain.invitations import acceptances, links
from webapp.domain.members import leaving
from webapp.domain.operations import sweeps
from webapp.domain.privacy import person_erasures
from webapp.models import AccountNotice, Delivery, Event

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

NEW = "quite another sentence"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def from_somewhere(in_app):
    """Whatever is done comes from one browser."""
    trace.begin("0123456789abcdef", "203.0.113.9", FIREFOX)
    yield
    trace.begin("-")


@pytest.fixture
def heard(smtp):
    """The subjects and texts of the notices that Chen has had, in their order."""

    def sent():
        outbox.drain()
        mails = [mail for mail in smtp.messages if mail.rcpt_to == [cast.CHEN]]
        return [
            (one.message["Subject"], text_of(one.message))
            for one in mails
            if "You cannot turn off this kind of mail." in text_of(one.message)
        ]

    return sent


def text_of(message):
    return " ".join(message.get_body(("plain",)).get_content().split())


def chen():
    return cast.person(cast.CHEN)


def change_password():
    here = sessions.find(sign_ins.sign_in(cast.CHEN, cast.PASSWORD))
    accounts.change_password(chen(), present=cast.PASSWORD, password=NEW, session_id=here.id)


def reset():
    password_resets.reset(password_resets.address(chen()).partition("token=")[2], password=NEW)


def switch_on():
    offer = second_factors.offer(chen())
    code = pyotp.TOTP(offer.secret).at(clock.now())
    second_factors.switch_on(chen(), offer.sealed, password=cast.PASSWORD, code=code)
    return offer


def switch_off():
    switch_on()
    second_factors.switch_off(chen(), password=cast.PASSWORD)


def use_recovery_code():
    code = switch_on().codes[0]
    sign_ins.finish(sign_ins.sign_in(cast.CHEN, cast.PASSWORD).pending, code=code)


ACTS = {
    change_password: "Your password was changed",
    reset: "Your password was changed",
    switch_on: "Your second factor was turned on",
    switch_off: "Your second factor was turned off",
    use_recovery_code: "A recovery code was used",
}


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_the_owner_is_told_what_when_from_where_and_what_to_do(act, heard):
    act()
    subject, text = heard()[-1]
    assert subject == ACTS[act]
    assert "Hello Chen Wei," in text
    assert re.search(
        r"On \w+day \d+ \w+ \d{4}, \d\d:\d\d UTC, (the|a) .*, from Firefox on Linux ", text
    )
    assert "(network address 203.0.113.9)" in text
    assert "If this was not you, set a new password now" in text
    assert "http://gatehouse.test/password/forgot" in text
    assert "token=" not in text


def test_what_the_operator_takes_off_is_told_as_such(heard):
    switch_on()
    trace.begin("-")
    second_factors.take_off(cast.CHEN)
    subject, text = heard()[-1]
    assert subject == "Your second factor was removed"
    assert f"the operator of this site removed the second factor of {cast.CHEN}" in text
    assert "network address" not in text
    assert isinstance(sign_ins.sign_in(cast.CHEN, cast.PASSWORD), str)
    event = db.session.query(Event).filter_by(name="SecondFactorOff").one()
    assert (event.actor, event.person_id) == ("operator", chen().id)


def test_the_operator_is_told_what_cannot_be(heard):
    with pytest.raises(NotFound, match="There is no account for"):
        second_factors.take_off("nobody@acme.example")
    with pytest.raises(Refusal, match="has no second factor"):
        second_factors.take_off(cast.CHEN)
    assert heard() == []


def test_what_is_undone_is_told_to_nobody(heard):
    with pytest.raises(Refusal):
        accounts.change_password(chen(), present="not this one", password=NEW, session_id=0)
    assert heard() == []


def test_an_unverified_accounts_address_is_told_nothing_until_its_owner_has_taken_it(smtp):
    token = links.token(cast.invited(), links.COPIED)
    acceptances.accept(token, full_name="Not Bo", password="eve knows this one")
    bo = cast.person("bo@example.org")
    here = sessions.find(sign_ins.sign_in(bo.email, "eve knows this one"))
    accounts.change_password(bo, present="eve knows this one", password=NEW, session_id=here.id)
    password_resets.reset(
        password_resets.address(bo).partition("token=")[2], password="only bo knows this"
    )
    assert db.session.query(Delivery).filter_by(kind="notice").count() == 0


def test_twenty_a_day_are_enough(travel):
    here = sessions.find(sign_ins.sign_in(cast.CHEN, cast.PASSWORD))
    passwords = [cast.PASSWORD, *(f"{NEW} {number}" for number in range(22))]
    for present, password in itertools.pairwise(passwords):
        accounts.change_password(chen(), present=present, password=password, session_id=here.id)
    assert db.session.query(Delivery).filter_by(kind="notice").count() == 20


def test_it_is_forgotten_after_a_week_and_with_the_account(travel, heard):
    change_password()
    assert db.session.query(AccountNotice).one().address == "203.0.113.9"
    travel(days=8)
    sweeps.tidy()
    assert db.session.query(AccountNotice).count() == 0
    assert heard() == []
    reset()
    leaving.delete_account(chen(), password=NEW)
    assert db.session.query(AccountNotice).count() == 0


def test_an_erased_persons_notices_are_gone():
    change_password()
    person_erasures.erase(cast.CHEN)
    assert db.session.query(AccountNotice).count() == 0


def test_every_event_about_passwords_and_second_factors_is_told():
    concerned = {n for n in events.EVENTS if re.search("Password|SecondFactor|RecoveryC", n)}
    # Whoever asks for a link is not known yet; the mail that carries it says so itself.
    assert concerned - {"PasswordResetRequested"} == set(owner_notices.NOTICES)
