"""What a way in leads to is gone by the time it is reached."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support import program
from tests.support.meanwhile import once
from tests.support.program import Program
from tests.support.together import together
from tests.support.visits import Visitor, wiki
from webapp.domain import applications
from webapp.domain.applications import visits as gate_visits
from webapp.domain.openid import visits as openid_visits

pytestmark = pytest.mark.both_databases


@pytest.fixture
def gone(app):
    """Deletes the wiki; somebody else does, so in a thread of their own."""

    def act():
        def delete():
            applications.delete(cast.organization(), "wiki", by=cast.person())

        assert together(app, delete) == ["done"]

    return act


@pytest.mark.parametrize("step", ["begin", "enter"])
def test_on_the_way_through_the_gate(app, browser, monkeypatch, gone, step):
    with app.app_context():
        wiki()
    chen = Visitor(app, browser, cast.CHEN)
    if step == "begin":
        begun = chen.go("https://wiki.acme.example/.gatehouse/start?to=/")
        once(monkeypatch, gate_visits, "begin", gone)
        answer = chen.go(begun.location)
    else:
        address = chen.code()
        once(monkeypatch, gate_visits, "enter", gone)
        answer = chen.go(address)
    assert answer.status in (303, 404)
    assert "code=" not in answer.location


def test_on_the_way_through_openid(app, browser, monkeypatch, gone):
    with app.app_context():
        _, client, secret = program.application(cast.organization())
    chen = Program(browser(cast.CHEN), client.client_id, secret)
    once(monkeypatch, openid_visits, "begin", gone)
    answer = chen.ask()
    assert answer.status == 404
    assert "code=" not in answer.location
