"""The reports' figures by program."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.domain import reports
from webapp.domain.reports import periods


def test_the_figures_are_those_of_the_page(program, app):
    with app.app_context():
        cast.invited("one@example.org", send=False)
        page = reports.invitations(cast.organization(), periods.read())
    answer = program().get("/reports/invitations").json
    assert (answer["zone"], answer["to"]) == ("UTC", page.period.last.isoformat())
    assert answer["total"]["invited"] == page.total.invited == 4  # the cast's and this one
    assert answer["total"]["pending"] == 1
    assert [line["key"] for line in answer["roles"]] == [line.key for line in page.roles]
    assert answer["domains"][0]["figures"]["invited"] >= 1


def test_a_period_without_invitations_has_no_rate(program):
    answer = program().get("/reports/invitations?from=2020-01-01&to=2020-01-31").json
    assert answer["from"] == "2020-01-01"
    assert (answer["total"]["invited"], answer["total"]["acceptance_rate"]) == (0, None)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("from=2026-02-30", "from"),
        ("to=tomorrow", "to"),
        ("zone=Nowhere", "zone"),
        ("from=2026-02-02&to=2026-02-01", "to"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_name(program, query, name):
    answer = program().get(f"/reports/invitations?{query}")
    assert answer.status_code == 422
    assert [one["parameter"] for one in answer.json["errors"]] == [name]
