"""The second factor: each code once, and nothing to steal from the database."""

from __future__ import annotations

import re

import pyotp
import pytest

from tests import cast
from tests.support.meanwhile import once
from tests.support.together import at_once
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import accounts
from webapp.domain.accounts import (
    confirmations,
    mailed_links,
    password_resets,
    passwords,
    people,
    second_factors,
    sessions,
    sign_ins,
)
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.invitations import acceptances, links
from webapp.models import Event, RecoveryCode, User

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


BO, OWN = "bo@example.org", "seven bars and a half"


def code_of(secret, ahead=0):
    return pyotp.TOTP(secret).at(clock.now(), counter_offset=ahead)


@pytest.fixture
def offer(in_app):
    """Priya's second factor, switched on."""
    offer = second_factors.offer(cast.person())
    second_factors.switch_on(
        cast.person(), offer.sealed, password=cast.PASSWORD, code=code_of(offer.secret)
    )
    return offer


def first_step():
    step = sign_ins.sign_in(cast.PRIYA, cast.PASSWORD)
    assert isinstance(step, sign_ins.SecondStep)
    return step.pending


def test_nothing_changes_until_the_app_has_shown_a_code():
    offer = second_factors.offer(cast.person())
    with pytest.raises(Refusal, match="code is not right"):
        second_factors.switch_on(cast.person(), offer.sealed, password=cast.PASSWORD, code="000000")
    assert isinstance(sign_ins.sign_in(cast.PRIYA, cast.PASSWORD), str)


def test_the_password_alone_signs_nobody_in_any_more(offer, travel):
    pending = first_step()
    with pytest.raises(Refusal, match="code is not right"):
        sign_ins.finish(pending, code="000000")
    travel(seconds=60)
    assert sessions.find(sign_ins.finish(pending, code=code_of(offer.secret))) is not None
    assert db.session.query(Event).filter_by(name="SignedIn").count() == 1


@pytest.mark.parametrize("typed", ["{} ", "{:.3} {:.0}", " {}"])
def test_white_space_in_a_code_is_no_fault(offer, travel, typed):
    travel(seconds=60)
    code = code_of(offer.secret)
    spaced = f"{code[:3]} {code[3:]}" if ":" in typed else typed.format(code)
    assert sign_ins.finish(first_step(), code=spaced)


def test_a_code_is_good_once_and_no_earlier_one_after_it(offer, travel):
    with pytest.raises(Refusal):  # the one that switched it on
        sign_ins.finish(first_step(), code=code_of(offer.secret))
    travel(seconds=90)
    sign_ins.finish(first_step(), code=code_of(offer.secret))
    for ahead in (0, -1):
        with pytest.raises(Refusal):
            sign_ins.finish(first_step(), code=code_of(offer.secret, ahead))


def test_clocks_may_differ_by_half_a_minute_and_no_more(offer, travel):
    travel(minutes=10)
    for ahead in (-2, 2):
        with pytest.raises(Refusal):
            sign_ins.finish(first_step(), code=code_of(offer.secret, ahead))
    assert sign_ins.finish(first_step(), code=code_of(offer.secret, -1))
    assert sign_ins.finish(first_step(), code=code_of(offer.secret, 1))


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "12345\0"])
def test_what_is_no_code_is_refused_as_a_wrong_one(offer, typed):
    with pytest.raises(Refusal, match="code is not right"):
        sign_ins.finish(first_step(), code=typed)


def test_it_is_switched_on_once(offer):
    again = second_factors.offer(cast.person())
    with pytest.raises(Refusal, match="already on"):
        second_factors.switch_on(
            cast.person(), again.sealed, password=cast.PASSWORD, code=code_of(again.secret)
        )
    assert second_factors.codes_left(cast.person()) == 10


def test_new_recovery_codes_end_the_old_ones_and_nobody_elses(offer):
    chens = second_factors.offer(cast.person(cast.CHEN))
    second_factors.switch_on(
        cast.person(cast.CHEN), chens.sealed, password=cast.PASSWORD, code=code_of(chens.secret)
    )
    second_factors.switch_off(cast.person(), password=cast.PASSWORD)
    assert second_factors.codes_left(cast.person()) == 0
    assert second_factors.codes_left(cast.person(cast.CHEN)) == 10
    second = second_factors.offer(cast.person())
    second_factors.switch_on(
        cast.person(), second.sealed, password=cast.PASSWORD, code=code_of(second.secret)
    )
    with pytest.raises(Refusal):
        sign_ins.finish(first_step(), code=offer.codes[0])
    assert sign_ins.finish(first_step(), code=second.codes[0])
    assert second_factors.codes_left(cast.person(cast.CHEN)) == 10


def test_recovery_codes_are_ten_of_ten_letters(offer):
    assert len(set(offer.codes)) == 10
    assert all(re.fullmatch(r"[a-z0-9]{5}-[a-z0-9]{5}", code) for code in offer.codes)


def test_one_code_at_two_places_at_once_signs_in_once(app, offer, travel):
    travel(seconds=60)
    code, pendings = code_of(offer.secret), [first_step() for _ in range(6)]
    outcomes = at_once(app, lambda number: sign_ins.finish(pendings[number], code=code), 6)
    assert sorted(outcomes) == ["WrongGuess"] * 5 + ["done"]


def test_each_recovery_code_is_good_once_however_it_is_typed(offer):
    used = offer.codes[3]
    assert sign_ins.finish(first_step(), code=used.upper().replace("-", " "))
    with pytest.raises(Refusal):
        sign_ins.finish(first_step(), code=used)
    assert second_factors.codes_left(cast.person()) == 9
    assert db.session.query(Event).filter_by(name="RecoveryCodeUsed").count() == 1


def test_the_first_step_is_good_for_five_minutes_and_this_password(offer, travel):
    pending = first_step()
    travel(seconds=299)
    assert sign_ins.finish(pending, code=code_of(offer.secret))
    late = first_step()
    travel(seconds=301)
    with pytest.raises(Refusal, match="took too long"):
        sign_ins.finish(late, code=code_of(offer.secret))
    for forged in ("", "x", pending[:-3] + "AAA"):
        with pytest.raises(Refusal, match="took too long"):
            sign_ins.finish(forged, code=code_of(offer.secret))
    before = first_step()
    accounts.change_password(
        cast.person(), present=cast.PASSWORD, password="another sentence now", session_id=0
    )
    with pytest.raises(Refusal, match="has just been changed"):
        sign_ins.finish(before, code=code_of(offer.secret, ahead=1))


def test_neither_secret_nor_recovery_codes_stand_in_the_database(offer):
    priya = cast.person()
    assert offer.secret not in (priya.totp_secret or "")
    digests = {row.digest for row in db.session.query(RecoveryCode)}
    assert not digests & set(offer.codes)
    assert len(digests) == second_factors.RECOVERY_CODES


def test_an_offer_is_its_owners_and_runs_out(travel):
    offer = second_factors.offer(cast.person())
    with pytest.raises(Refusal, match="open too long"):
        second_factors.switch_on(
            cast.person(cast.CHEN), offer.sealed, password=cast.PASSWORD, code=code_of(offer.secret)
        )
    travel(seconds=3599)
    assert second_factors.offered(cast.person(), offer.sealed).secret == offer.secret
    travel(seconds=2)
    with pytest.raises(Refusal, match="open too long"):
        second_factors.switch_on(
            cast.person(), offer.sealed, password=cast.PASSWORD, code=code_of(offer.secret)
        )


@pytest.fixture
def overtaken(monkeypatch):
    """Whoever compares the password is overtaken: it is changed just afterwards."""
    real = passwords.matches

    def overtaken(password, known):
        right = real(password, known)
        set_password(passwords.hashed("quite another sentence"))
        return right

    @transaction()
    def set_password(password_hash):
        people.set_password(people.held(cast.person().id), password_hash)

    return lambda: monkeypatch.setattr(passwords, "matches", overtaken)


def test_a_password_that_is_changed_meanwhile_switches_nothing_off(offer, overtaken):
    overtaken()
    with pytest.raises(Refusal, match="password has just been changed"):
        second_factors.switch_off(cast.person(), password=cast.PASSWORD)
    assert cast.person().has_second_factor


def test_a_password_that_is_changed_meanwhile_switches_nothing_on(overtaken):
    offer = second_factors.offer(cast.person())
    overtaken()
    with pytest.raises(Refusal, match="password has just been changed"):
        second_factors.switch_on(
            cast.person(), offer.sealed, password=cast.PASSWORD, code=code_of(offer.secret)
        )
    assert not cast.person().has_second_factor


@pytest.mark.parametrize("who", [cast.PRIYA, "priya"])
def test_the_operator_takes_it_off_by_address_or_username(offer, who):
    accounts.change_profile(cast.person(), full_name="Priya Shah", username="priya")
    assert second_factors.take_off(who).email == cast.PRIYA
    assert isinstance(sign_ins.sign_in(cast.PRIYA, cast.PASSWORD), str)
    assert second_factors.codes_left(cast.person()) == 0
    event = db.session.query(Event).filter_by(name="SecondFactorOff").one()
    assert event.actor == "operator"
    with pytest.raises(Refusal, match="has no second factor"):
        second_factors.take_off(who)
    with pytest.raises(NotFound, match="There is no account for nobody"):
        second_factors.take_off("nobody@acme.example")


def test_switching_off_takes_the_password(offer):
    with pytest.raises(Refusal, match="password is not right"):
        second_factors.switch_off(cast.person(), password="a guess at it")
    second_factors.switch_off(cast.person(), password=cast.PASSWORD)
    assert isinstance(sign_ins.sign_in(cast.PRIYA, cast.PASSWORD), str)
    assert db.session.query(RecoveryCode).count() == 0
    names = [e.name for e in db.session.query(Event).filter(Event.name.like("SecondFactor%"))]
    assert names == ["SecondFactorOn", "SecondFactorOff"]


def test_a_sign_in_under_way_does_not_pass_by_one_that_is_switched_on_meanwhile(monkeypatch):
    priya = cast.person()
    offer = second_factors.offer(priya)
    typed = {"password": cast.PASSWORD, "code": code_of(offer.secret)}

    def switch_on():
        second_factors.switch_on(cast.person(), offer.sealed, **typed)

    before = len(sessions.of(priya))
    # After the password was compared, and before the session begins.
    once(monkeypatch, sign_ins, "_sign_in", switch_on)
    with pytest.raises(Refusal):
        sign_ins.sign_in(cast.PRIYA, cast.PASSWORD)
    assert cast.person().has_second_factor
    assert len(sessions.of(cast.person())) == before


def test_joining_another_organization_asks_for_the_code_too(offer, travel):
    token = cast.mailed_token(cast.invited(cast.PRIYA, slug="evil"))
    travel(seconds=60)
    asks, refuses = "Enter the code from your app", "code is not right"
    for code, words in ((None, asks), ("", asks), ("000000", refuses)):
        with pytest.raises(Refusal, match=words):
            acceptances.join(token, by=None, password=cast.PASSWORD, code=code)
    welcome = acceptances.join(token, by=None, password=cast.PASSWORD, code=code_of(offer.secret))
    assert welcome.slug == "evil"


def by_invitation():
    acceptances.accept(cast.mailed_token(cast.invited()), full_name="Bo", password=OWN)


def by_confirmation():
    token = mailed_links.token(confirmations.PURPOSE, people.find(BO))
    assert isinstance(confirmations.confirm(token, password=OWN), str)


def by_reset():
    token = mailed_links.token(password_resets.PURPOSE, people.find(BO))
    assert isinstance(password_resets.reset(token, password=OWN), str)


@pytest.mark.parametrize("take_over", [by_invitation, by_confirmation, by_reset])
def test_who_takes_an_unverified_account_over_is_not_asked_for_the_occupiers_factor(take_over):
    acceptances.accept(
        links.token(cast.invited(slug="evil"), links.COPIED),
        full_name="Not Bo",
        password="eve knows this one",
    )
    bo = people.find(BO)
    offer = second_factors.offer(bo)
    second_factors.switch_on(
        bo, offer.sealed, password="eve knows this one", code=code_of(offer.secret)
    )
    take_over()
    assert isinstance(sign_ins.sign_in(BO, OWN), str)
    assert db.session.query(User).filter_by(email=BO).one().totp_secret is None
    assert db.session.query(RecoveryCode).count() == 0


def test_with_the_key_gone_a_recovery_code_still_opens_and_nothing_breaks(make_app, offer, travel):
    travel(seconds=60)
    with make_app(SECRET_KEY="another-key-for-the-tests-0123456789").app_context():
        with pytest.raises(Refusal, match="code is not right"):
            sign_ins.finish(first_step(), code=code_of(offer.secret))
        assert sign_ins.finish(first_step(), code=offer.codes[0])
