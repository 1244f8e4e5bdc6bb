"""Programs that others wrote sign people in with us: openid-client and oauth4webapi from npm."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support import node, program
from tests.support.live import LiveServer
from tests.support.program import AFTER, BACK
from webapp import trace
from webapp.domain.accounts import sessions


@pytest.fixture
def live(make_app, settings):
    """The application at a port of its own."""
    server = LiveServer()
    app = make_app(PUBLIC_URL=server.address)
    server.serve(app)
    yield app, server.address
    server.close()


@pytest.mark.both_databases
@pytest.mark.parametrize("script", ["openid_client.mjs", "oauth4webapi.mjs"])
@pytest.mark.parametrize("is_public", [False, True], ids=["confidential", "public"])
def test_a_program_from_npm_signs_somebody_in_and_out(live, secrets, script, is_public):
    app, address = live
    with app.app_context(), trace.job("test"):
        client = {"is_public": is_public}
        _, row, secret = program.application(cast.organization(), client=client)
        token = sessions.start(cast.person(cast.CHEN))
        client_id = row.client_id
    secrets.learn(token)
    cookie = f"gatehouse={token}"
    learnt = node.run(script, address, client_id, secret, BACK, AFTER, cookie)
    assert learnt["claims"]["iss"] == address
    assert learnt["claims"]["email"] == cast.CHEN
    assert learnt["told"] == learnt["toldAgain"]
    assert learnt["told"]["name"] == "Chen Wei"
    assert learnt["ended"] == f"{AFTER}?state=bye"
    assert learnt["late"] == "invalid_grant"
