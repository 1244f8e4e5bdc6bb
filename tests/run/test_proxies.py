"""The examples for Caddy and nginx, as real servers before a real web process."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess

import pytest
from werkzeug.datastructures import FileStorage

from tests import cast
from tests.support import proxies
from tests.support.gunicorn import serving
from tests.support.ports import free_port
from tests.support.processes import SECONDS
from tests.support.proxies import Caller
from tools import find
from webapp.config import ROOT


@pytest.fixture(params=["caddy", "nginx"])
def proxy(request):
    """Which one."""
    return request.param


@pytest.fixture
def web(settings, secrets, proxy, tmp_path):
    """A web server, told of its address behind the proxy."""
    scheme = {"caddy": "http", "nginx": "https"}[proxy]
    address = f"{scheme}://localhost:{free_port()}"
    ours = {**settings, "PUBLIC_URL": address, "TRUSTED_PROXIES": "1"}
    with serving(ours, tmp_path / "web.log") as server:
        yield server, address
    for log in tmp_path.glob("*.log"):
        assert not secrets.found_in(log.read_text()), log.name
        assert "token=" not in log.read_text(), log.name


@pytest.fixture
def proxied(web, proxy, tmp_path):
    """Somebody who calls the web server through the proxy."""
    server, address = web
    start = {"caddy": proxies.caddy, "nginx": proxies.nginx}[proxy]
    with start(address, server.port, tmp_path) as caller:
        yield caller


def test_a_person_signs_in_through_it(proxied):
    answer = proxied.sign_in(cast.PRIYA, cast.PASSWORD)
    assert answer.status == 200
    assert "Priya Shah" in answer.text
    assert answer.headers["X-Request-ID"]


def test_who_pretends_to_come_from_elsewhere_is_counted_where_they_are(proxied):
    tries = [
        Caller(proxied.address, proxied.certificate).sign_in(
            cast.PRIYA, "not hers", X_Forwarded_For=f"192.0.2.{number}"
        )
        for number in range(11)
    ]
    assert [answer.status for answer in tries] == [422] * 10 + [429]


def test_a_list_that_is_too_large_is_refused_with_an_answer_and_not_by_hanging_up(proxied):
    proxied.sign_in(cast.PRIYA, cast.PASSWORD)
    path = "/orgs/acme/invitations/bulk"
    token = proxied.token(path)
    answers = [
        proxied.call(
            path, {"csrf_token": token, "file": list_of(megabytes)}, Origin=proxied.address
        )
        for megabytes in (12, 20)
    ]
    assert [answer.status for answer in answers] == [413, 413]
    # Somewhat too large, and the page says what to do.
    assert "10 MB" in answers[0].text
    assert answers[0].headers["X-Request-ID"]


def list_of(megabytes):
    return FileStorage(io.BytesIO(b"x" * megabytes * 1_000_000), "list.csv")


def test_while_no_web_process_answers_no_log_keeps_the_address_of_a_link(web, proxied):
    server, _ = web
    server.process.terminate()
    server.process.wait(SECONDS)
    assert proxied.call("/join?token=abc.def").status in (502, 503)


def test_caddy_gets_certificates_for_an_https_address_and_redirects_to_it(tmp_path):
    adapted = subprocess.run(
        [find.caddy(), "adapt", "--config", proxies.FOLDER / "Caddyfile", "--adapter", "caddyfile"],
        env={"PATH": os.environ["PATH"], "PUBLIC_URL": "https://gate.example.org"},
        capture_output=True,
        text=True,
        check=True,
    )
    ((server,),) = [json.loads(adapted.stdout)["apps"]["http"]["servers"].values()]
    assert server["listen"] == [":443"]
    assert "automatic_https" not in server
    assert server["routes"][0]["match"] == [{"host": ["gate.example.org"]}]


def test_the_caddy_of_the_tests_is_that_of_compose():
    tag = re.search(r"image: caddy:([\d.]+)-", (ROOT / "compose.yaml").read_text())
    assert find.CADDY_VERSION.startswith(f"{tag[1]}.")
    assert (
        find.CADDY_VERSION
        in subprocess.run(
            [find.caddy(), "version"], capture_output=True, text=True, check=True
        ).stdout
    )
