"""Whatever stands in an address, no page breaks: all parameters that each page reads."""

from __future__ import annotations

from typing import ClassVar

import pytest
from werkzeug.datastructures import ImmutableMultiDict

from tests import cast
from tests.web.test_access import ROUTES, all_that_routes_name
from webapp.web.access import ACCESS, ANYONE

pytestmark = pytest.mark.both_databases
BEFOREHAND = all_that_routes_name
# No UTF-8, a digit that is none of ours, a number that no column holds.
STRANGE = ("%FF", "%C2%B2", "9" * 30)


class Noted(ImmutableMultiDict):
    """Parameters of an address, with a note of each that is looked at."""

    names: ClassVar[set[str]] = set()

    def __getitem__(self, key):
        self.names.add(key)
        return super().__getitem__(key)

    def get(self, key, default=None, type=None):
        self.names.add(key)
        return super().get(key, default, type)

    def getlist(self, key, type=None):
        self.names.add(key)
        return super().getlist(key, type)

    def __contains__(self, key):
        self.names.add(key)
        return super().__contains__(key)


@pytest.fixture
def settings(settings):
    return {**settings, "RATELIMIT_ENABLED": "off"}


def test_every_parameter_of_every_page_takes_anything(prepared, browser, app, monkeypatch):
    monkeypatch.setattr(app.request_class, "parameter_storage_class", Noted)
    app.testing = False
    priya, anybody = browser(cast.PRIYA), browser()
    asked, broken = set(), []

    def status(who, path):
        Noted.names = set()
        answer = who.client.get(path, environ_overrides=who.environ, buffered=True)
        return answer.status_code

    for endpoint, (method, address, _) in ROUTES.items():
        if method != "GET":
            continue
        path = address.format(**prepared)
        who = anybody if ACCESS[endpoint] == ANYONE else priya
        assert status(who, path) < 500
        names = sorted(Noted.names - {"kept"})  # which leads back to the page without it
        asked.update(names)
        queries = [f"{name}=%00" for name in names]
        queries += ["&".join(f"{name}={value}" for name in names) for value in STRANGE if names]
        for query in queries:
            if status(who, f"{path}{'&' if '?' in path else '?'}{query}") >= 500:
                broken.append(f"{endpoint} {query}")
    assert broken == []
    assert {"kind", "q", "status", "sort", "next", "application"} <= asked
