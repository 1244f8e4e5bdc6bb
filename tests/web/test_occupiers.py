"""Nothing of an occupier outlives the owner's take-over, however the two meet (rule 10)."""

from __future__ import annotations

import pyotp
import pytest

from tests import cast
from tests.support.meanwhile import Queue, Somebody, between, once
from webapp import clock
from webapp.db import db
from webapp.domain.accounts import confirmations, password_resets, passwords, second_factors
from webapp.domain.invitations import acceptances, links
from webapp.models import ApiKey, Event, Invitation, RecoveryCode, Session, User

pytestmark = pytest.mark.both_databases

BO, EVES, OWN = "bo@example.org", "eve knows this one", "quite another sentence"


@pytest.fixture
def occupier(browser, app):
    """Eve in the account that she opened for Bo by a copied link, as an admin of Evil Corp."""
    with app.app_context():
        made = cast.invited(BO, slug="evil", role="admin", send=False)
        token = links.token(made, links.COPIED)
        acceptances.accept(token, full_name="Not Bo", password=EVES)
    eve = browser()
    eve.sign_in(BO, EVES)
    assert eve.page.heading == "Invitations"
    return eve


def by_invitation():
    acceptances.accept(cast.mailed_token(cast.invited(BO)), full_name="Bo Lind", password=OWN)


def by_reset():
    password_resets.reset(
        password_resets.address(cast.person(BO)).partition("token=")[2], password=OWN
    )


def by_confirmation():
    token = confirmations.address(cast.person(BO)).partition("token=")[2]
    confirmations.confirm(token, password=OWN)


@pytest.fixture
def let_in(app):
    """Have something happen once the next request is let in."""
    with between(app) as then:
        yield then


def account(app):
    with app.app_context():
        bo = db.session.query(User).filter_by(email=BO).one()
        return {
            "verified": bo.is_verified,
            "factor": bo.totp_since is not None or db.session.query(RecoveryCode).count() > 0,
            "password": passwords.matches(OWN, bo.password_hash),
            "keys": db.session.query(ApiKey).filter_by(maker_id=bo.id, revoked_at=None).count(),
            "sessions": db.session.query(Session).filter_by(user_id=bo.id, revoked_at=None).count(),
            "username": bo.username,
        }


THE_OWNERS = {
    "verified": True,
    "factor": False,
    "password": True,
    "keys": 0,
    "sessions": 1,
    "username": None,
}


def second_factor(eve):
    page = eve.open("/account/second-factor").page
    secret = page.html.split('id="secret" value="')[1].split('"')[0]
    return page.form("/second-factor"), {
        "password": EVES,
        "code": pyotp.TOTP(secret).at(clock.now()),
    }


def key(eve):
    at = "/orgs/evil/settings/api-keys"
    return eve.open(at).page.form(at), {"name": "Eve's", "scopes": ["members:read"]}


def new_password(eve):
    return eve.open("/account").page.form("/account/password"), {
        "present_password": EVES,
        "password": "eve knows this one as well",
    }


def profile(eve):
    return eve.open("/account").page.form("/account"), {"full_name": "Eve", "username": "eve"}


def invitation(eve):
    at = "/orgs/evil/invitations"
    return eve.open(f"{at}/new").page.form(at), {"email": "stranger@example.org"}


def deletion(eve):
    return eve.open("/account/delete").page.form("/account/delete"), {"password": EVES}


def other_sessions(eve):
    return eve.open("/account/sessions").page.form("/account/sessions/"), {}


VERBS = (second_factor, key, new_password, profile, invitation, deletion, other_sessions)


@pytest.mark.parametrize("take_over", [by_invitation, by_reset, by_confirmation])
@pytest.mark.parametrize("verb", VERBS)
def test_what_was_let_in_before_it_does_nothing_after_it(app, occupier, let_in, verb, take_over):
    form, typed = verb(occupier)
    let_in(take_over)
    answer = occupier.post(form.action, {**form.fields, **typed}, follow=False)
    assert answer.status in (303, 422), answer.text
    assert account(app) == THE_OWNERS
    with app.app_context():
        query = db.session.query(Invitation).filter_by(email="stranger@example.org")
        assert query.count() == 0
        last = db.session.query(Event).order_by(Event.id.desc()).first()
        assert last.name in ("InvitationAccepted", "EmailVerified", "SignInFailed")


@pytest.mark.parametrize("take_over", [by_invitation, by_reset, by_confirmation])
def test_a_second_factor_that_is_being_switched_on_ends_with_it(
    app, occupier, in_app, monkeypatch, take_over
):
    user = cast.person(BO)
    offer = second_factors.offer(user)
    owner = Somebody(Queue(app, monkeypatch), take_over)
    came_to = []
    once(monkeypatch, second_factors, "_replace_codes", lambda: came_to.append(owner.comes_to()))
    code = pyotp.TOTP(offer.secret).at(clock.now())
    second_factors.switch_on(user, offer.sealed, password=EVES, code=code)
    assert came_to == ["waits"]
    assert owner.outcome() == "done"
    assert account(app) == THE_OWNERS
