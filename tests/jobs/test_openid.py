"""Back-channel logout: applications hear when a session or somebody's access has ended."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests import cast
from tests.support import program
from tests.support.program import Program
from tests.support.receiver import Receiver
from webapp.db import db, transaction
from webapp.domain.accounts import sessions
from webapp.domain.openid import keys, logouts
from webapp.models import OidcVisit

pytestmark = pytest.mark.both_databases


@pytest.fixture
def settings(settings):
    return {**settings, "WEBHOOK_LOOPBACK": "on"}


@pytest.fixture
def there():
    """The application's server."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def chen(app, browser, there):
    """The wiki, which Chen has entered."""
    with app.app_context():
        client = {"backchannel_logout_uri": there.url}
        _, row, secret = program.application(cast.organization(), client=client)
        wiki = Program(browser(cast.CHEN), row.client_id, secret)
    wiki.id_token = wiki.tokens()["id_token"]
    return wiki


def heard(there):
    return [parse_qs(one.body.decode())["logout_token"][0] for one in there.heard]


def test_signing_out_is_told_once_with_a_token_that_is_no_id_token(app, chen, there):
    with app.app_context():
        assert logouts.send() == 0
        end_sessions()
        assert logouts.send() == 1
        assert logouts.send() == 0
        (token,) = heard(there)
        assert keys.read(token) is None
        found = jwt.decode(token, KeySet.import_key_set({"keys": keys.published()}))
    before = chen.claims(chen.id_token)
    assert found.header["typ"] == "logout+jwt"
    told = found.claims
    assert {name: told[name] for name in ("iss", "aud", "sub", "sid")} == {
        name: before[name] for name in ("iss", "aud", "sub", "sid")
    }
    assert told["events"] == {logouts.EVENT: {}}
    assert "nonce" not in told
    assert told["jti"]


@transaction()
def end_sessions():
    sessions.end_all(cast.person(cast.CHEN))


def test_losing_access_is_told_and_a_visit_that_continues_is_not(app, chen, there):
    @transaction()
    def deactivate():
        db.session.merge(cast.member()).status = "deactivated"

    with app.app_context():
        deactivate()
        assert logouts.send() == 1
    assert len(there.heard) == 1


def test_a_failure_is_tried_again_for_three_days(app, chen, there, travel):
    there.answers = [500] * 20
    with app.app_context():
        end_sessions()
        for number in range(1, 13):
            assert logouts.send() == 0
            assert logouts.send() == 0
            assert len(there.heard) == min(number, 10)
            travel(hours=30)
        assert db.session.query(OidcVisit).one().told_at is not None


def test_a_worker_that_dies_leaves_it_to_the_next(app, chen, there, travel):
    with app.app_context():
        end_sessions()
        assert len(logouts._take(0)[1]) == 1
        assert logouts.send() == 0
        travel(seconds=61)
        assert logouts.send() == 1


def test_inner_addresses_are_never_called(make_app, chen, there):
    with make_app(WEBHOOK_LOOPBACK="off").app_context():
        end_sessions()
        assert logouts.send() == 0
    assert there.heard == []


def test_an_unused_code_is_told_to_nobody(app, chen, there):
    with app.app_context():
        chen.asked()
        end_sessions()
        assert logouts.send() == 1
