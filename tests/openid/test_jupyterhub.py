"""JupyterHub with oauthenticator, configured by docs/applications.md, signs people in with us."""

from __future__ import annotations

import json
import re

import pytest

from tests import cast
from tests.openid.test_parties import live
from tests.support import jupyterhub, program
from tests.support.arrivals import PAGE, put_in, signed_in
from tests.support.page import Page
from tests.support.ports import free_port
from tests.support.processes import wait_until
from webapp import trace
from webapp.db import transaction

__all__ = ["live"]


@pytest.fixture
def hub(live, tmp_path, secrets):
    """A caller of the hub, which knows us."""
    app, gatehouse = live
    address = f"http://localhost:{free_port()}"
    with app.app_context(), trace.job("test"):
        client = {"redirect_uris": [f"{address}/hub/oauth_callback"]}
        _, row, secret = program.application(cast.organization(), "hub", client=client)
        client_id = row.client_id
        put_in(cast.group())
    secrets.learn(secret)
    with jupyterhub.running_at(address, gatehouse, client_id, secret, tmp_path) as caller:
        yield caller


@transaction()
def deactivate():
    cast.member().status = "deactivated"


def token_of_the_hub(hub):
    """One by which a notebook server of Chen's would ask the hub who he is."""
    page = hub.call("/hub/token", **PAGE).text
    xsrf = re.search(r'xsrf_token: "([^"]+)"', page)[1]
    made = hub.call(
        f"/hub/api/users/{cast.CHEN}/tokens",
        b"{}",
        Content_Type="application/json",
        X_XSRFToken=xsrf,
    )
    assert made.status == 201, made.text
    return json.loads(made.text)["token"]


def test_people_get_in_stay_in_and_are_out_once_their_access_has_ended(hub, live, travel):
    app, gatehouse = live
    home = signed_in(hub, gatehouse, "/hub/home")
    assert (home.status, cast.CHEN in home.text) == (200, True)
    bearer = {"Authorization": f"token {token_of_the_hub(hub)}"}
    told = json.loads(hub.call("/hub/api/user", **bearer).text)
    assert (told["name"], told["admin"], told["groups"]) == (cast.CHEN, False, ["drivers"])

    travel(minutes=11)  # the access token has ended, and the refresh token brings another
    with app.app_context(), trace.job("test"):
        put_in(cast.group("planners"))
    wait_until(lambda: "planners" in hub.call("/hub/api/user", **bearer).text)

    with app.app_context(), trace.job("test"):
        deactivate()
    wait_until(lambda: hub.call("/hub/api/user", **bearer).status == 403)
    refused = hub.call("/hub/home", **PAGE)
    assert (refused.status, Page(refused.text).heading) == (403, "You may not enter Hub")
