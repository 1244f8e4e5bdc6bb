"""HEAD, by which programs look at an address before anybody opens it, changes nothing."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine, event

from tests import cast
from tests.api.test_access import CALLS
from tests.support import program
from tests.support.program import Program
from tests.support.visits import HOST, Visitor
from tests.web.test_access import ROUTES, all_that_routes_name
from webapp.domain.accounts import api_keys
from webapp.domain.invitations import acceptances
from webapp.web import heads

# What HEAD writes all the same.
HARMLESS = (
    "INSERT INTO oidc_keys",  # our first key, for whoever first asks for the keys
    "UPDATE api_keys SET last_used_at",
    "INSERT INTO room_to_write",  # rolled back: whether the disk is full
)
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


def everything():
    """What the routes name, a program that signs people in, and a key for the API."""
    named, acme = all_that_routes_name(), cast.organization()
    _, client, secret = program.application(acme, "planning")
    scopes = list(api_keys.SCOPES)
    key = api_keys.create(acme, by=cast.person(), name="Staff", scopes=scopes, days=30)[1]
    return {**named, "client": (client.client_id, secret), "bearer": key}


BEFOREHAND = everything


@contextmanager
def written():
    """The statements that write, as they come."""
    found = []

    def note(_connection, _cursor, statement, *_):
        if WRITES.match(statement):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def doors(prepared, browser, app):
    """Each address that can be opened, by its route; here signed in, by a key, or at the wiki."""
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members")
    at_wiki = Visitor(app, browser, cast.PRIYA)
    party = Program(priya, *prepared["client"])
    hint = party.tokens()["id_token"]
    telling = {
        "openid.authorize": party.address(),
        "openid_logout.ask": f"/oauth/logout?{urlencode({'id_token_hint': hint})}",
        "gate.enter": f"/gate/enter?{urlencode({'application': 'acme/wiki', 'state': '0' * 64})}",
    }
    ours = {n: a for n, (method, a, _) in ROUTES.items() if method == "GET"} | telling
    found = {}
    for name, address in ours.items():
        if not name.startswith("gate_visits."):
            path = address.format(**prepared)
            found[name] = partial(priya.client.open, path, environ_overrides=priya.environ)
    for name, (method, path, *_) in CALLS.items():
        if method == "GET":
            path = f"/api/v1{path.format(**prepared)}"
            headers = {"Authorization": f"Bearer {prepared['bearer']}"}
            found[name] = partial(app.test_client().open, path, headers=headers)
    code = at_wiki.code()
    for name in (n for n in ours if n.startswith("gate_visits.")):
        path = code.partition(HOST)[2] if name == "gate_visits.enter" else ours[name]
        found[name] = partial(at_wiki.there.open, path, base_url=f"https://{HOST}")
    return found


def effects(opened, method):
    """What opening it changes: rows and cookies; and the status."""
    with written() as statements:
        answer = opened(method=method, buffered=True)
    told = [statement for statement in statements if not statement.startswith(HARMLESS)]
    return [*told, *answer.headers.getlist("Set-Cookie")], answer.status_code


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_looking_at_an_address_changes_nothing(doors, method):
    changed = {}
    for name, opened in doors.items():
        done, status = effects(opened, method)
        assert status < 500
        if done:
            changed[name] = done
    assert changed == {}


def test_only_what_has_an_effect_cannot_be_looked_at(doors):
    for name, opened in doors.items():
        answer = opened(method="HEAD", buffered=True)
        assert (name in heads.WITH_EFFECT) == (answer.status_code == 405), name
        if name in heads.WITH_EFFECT:
            assert answer.headers["Allow"] == "GET"
            assert "Location" not in answer.headers
    signing_out_last = sorted(heads.WITH_EFFECT, key=lambda name: name == "openid_logout.ask")
    for name in signing_out_last:
        assert effects(doors[name], "GET")[0], name


def test_what_is_shown_once_is_still_there_for_the_person(prepared, browser):
    """A secret, and what a page says once, after the page was only looked at."""
    priya, wiki = browser(cast.PRIYA), "/orgs/acme/applications/wiki"
    priya.open(f"{wiki}/secret")
    priya.send(f"{wiki}/secret", follow=False)
    for _ in range(2):
        looked = priya.client.head(wiki, environ_overrides=priya.environ)
        assert "Set-Cookie" not in looked.headers
    words = priya.open(wiki).page.words
    assert "A new secret was created" in words
    assert "Copy the secret now" in words


def test_looking_at_another_organization_does_not_move_there(browser, app):
    with app.app_context():
        invitation = cast.invited(cast.PRIYA, slug="evil")
        acceptances.join(cast.mailed_token(invitation), by=cast.person())
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members")
    looked = priya.client.head("/orgs/evil/members", environ_overrides=priya.environ)
    assert looked.status_code == 200
    assert priya.open("/members", follow=False).location == "/orgs/acme/members"
    priya.open("/orgs/evil/members")
    assert priya.open("/members", follow=False).location == "/orgs/evil/members"
