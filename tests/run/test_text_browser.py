"""Into an application and out again in lynx, by https all the way, as where it is in use."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests import cast
from tests.support import gate_proxies, proxies, relying_party
from tests.support.echo import echoing
from tests.support.live import LiveServer
from tests.support.lynx import Lynx
from tests.support.ports import free_port
from webapp.domain import applications
from webapp.web import proxy_blocks

TYPED = {"Email address or username": cast.CHEN, "Password": cast.PASSWORD}


@pytest.fixture
def address():
    """Where people find Gatehouse."""
    return f"https://localhost:{free_port()}"


@pytest.fixture
def app(make_app, address):
    """Gatehouse, in this process."""
    return make_app(PUBLIC_URL=address, TRUSTED_PROXIES="1")


@pytest.fixture
def certificates(app, address, tmp_path):
    """Gatehouse runs behind nginx; the certificates of it and of what is added."""
    folder, server = tmp_path / "gatehouse", LiveServer()
    folder.mkdir()
    try:
        server.serve(app)
        with proxies.nginx(address, urlsplit(server.address).port, folder) as caller:
            yield [caller.certificate]
    finally:
        server.close()


@pytest.fixture
def wiki(app, certificates, tmp_path):
    """The address of an application behind another nginx, which shows what it was sent."""
    host, folder = f"localhost:{free_port()}", tmp_path / "wiki"
    folder.mkdir()
    with app.test_request_context():
        block = proxy_blocks.of(cast.application(home_url=f"https://{host}/"))[0].text
    with echoing() as upstream, gate_proxies.nginx(block, host, upstream, folder) as caller:
        certificates.append(caller.certificate)
        yield caller.address


@pytest.fixture
def planning(browser, address, certificates):
    """The address of an application that signs people in by OpenID Connect."""
    with relying_party.running(browser(), address) as found:
        yield found


@pytest.fixture
def chen(certificates, tmp_path):
    """Chen, who is signed in nowhere, at lynx."""

    def sit_down():
        trusted = tmp_path / "trusted.pem"
        trusted.write_text("".join(file.read_text() for file in certificates))
        return Lynx(tmp_path, trusts=trusted)

    return sit_down


def test_a_closed_application_behind_a_proxy_opens_after_signing_in(app, wiki, chen):
    chen = chen()
    assert "Sign in" in chen.read(f"{wiki}/page?a=1")
    page = chen.send(f"{wiki}/page?a=1", "Sign in", TYPED)
    assert '"path": "/page?a=1"' in page
    assert f'"Remote-User", "{cast.CHEN}"' in page
    assert '"path": "/other"' in chen.read(f"{wiki}/other")  # without signing in again
    assert "You have left Wiki" in chen.send(f"{wiki}/.gatehouse/sign-out", "Leave")
    assert '"path": "/"' in chen.send(f"{wiki}/.gatehouse/left", "Enter again")
    with app.app_context():
        applications.pause(cast.organization(), "wiki", by=cast.person())
    page = chen.read(f"{wiki}/other")
    assert "You may not enter Wiki" in page
    assert "An admin has paused this application." in page


def test_a_closed_application_that_asks_by_openid_connect_opens_after_signing_in(planning, chen):
    chen = chen()
    assert "Sign in" in chen.read(planning)
    assert f"Hello, {cast.CHEN}" in chen.send(planning, "Sign in", TYPED)
    assert f"Hello, {cast.CHEN}" in chen.read(planning)
