"""The reports page, and its table for spreadsheets."""

from __future__ import annotations

import csv
import io

import pytest

from tests import cast
from tests.support.page import text
from webapp.db import db, transaction
from webapp.domain import outbox
from webapp.domain.invitations import acceptances

REPORTS = "/orgs/acme/reports"
CSV = f"{REPORTS}/invitations.csv"


@pytest.fixture
def bo_accepted(app):
    with app.app_context():
        bo = cast.invited(role="manager")
        outbox.drain()
        acceptances.accept(cast.mailed_token(bo), full_name="Bo", password="seven bars and a half")


def table(answer):
    text = answer.text.removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.both_databases
def test_a_manager_reads_what_became_of_the_invitations(browser, bo_accepted):
    marco = browser(cast.MARCO)
    marco.open("/reports")
    assert marco.page.heading == "Reports"
    words = marco.page.words
    # Priya, Marco and Chen of the cast, and Bo.
    assert "4 100 %" in words
    assert "days in the time zone UTC" in words
    (week,) = week_rows(marco.page)
    assert [week["Invited"], week["Accepted"], week["Accept. rate"]] == ["4", "4", "100 %"]


def week_rows(page):
    first = page.root.find(".//tbody")
    return [{td.get("data-label"): text(td) for td in tr.iter("td")} for tr in first]


def test_the_spreadsheet_says_the_same(browser, bo_accepted):
    marco = browser(cast.MARCO)
    marco.open(REPORTS)
    answer = marco.open(marco.page.links()["Download as CSV"])
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert 'filename="acme-invitations-' in answer.headers["Content-Disposition"]
    rows = table(answer)
    assert (rows[0]["by"], rows[0]["invited"], rows[0]["accepted"]) == ("total", "4", "4")
    assert {row["by"] for row in rows} == {"total", "week", "inviter", "role", "domain"}
    assert {row["zone"] for row in rows} == {"UTC"}
    (manager,) = [row for row in rows if row["key"] == "manager"]
    assert (manager["invited"], manager["acceptance_rate"]) == ("2", "1.0")


def test_a_name_in_the_spreadsheet_is_never_calculated(app, browser, bo_accepted):
    with app.app_context():
        rename(cast.PRIYA, "=1+1")
    rows = table(browser(cast.MARCO).open(CSV))
    assert "'=1+1" in {row["name"] for row in rows}


@transaction()
def rename(email, name):
    person = cast.person(email)
    person.full_name = name
    db.session.add(person)


def test_another_organizations_invitations_are_not_counted(app, browser):
    with app.app_context():
        cast.invited(slug="evil")
    rows = table(browser(cast.MARCO).open(CSV))
    assert rows[0]["invited"] == "3"


@pytest.mark.parametrize("address", [REPORTS, CSV])
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-02-30", "Write a day as year, month and day"),
        ("from=2026-11-21&to=2026-11-20", "The last day lies before the first one."),
        ("zone=Mars/Olympus", "Write a time zone like UTC"),
        ("from=%00&to=%ED%B2%80&zone=" + "x" * 3000, "Write a day as year, month and day"),
    ],
)
def test_bad_days_come_back_in_their_form(browser, address, query, said):
    marco = browser(cast.MARCO)
    marco.open(f"{address}?{query}")
    assert marco.status == 422
    assert said in " ".join(marco.page.problems)


def test_what_was_typed_stays(browser):
    marco = browser(cast.MARCO)
    marco.open(f"{REPORTS}?from=last+year&zone=Europe/Berlin")
    fields = marco.page.form(REPORTS).fields
    assert (fields["from"], fields["zone"]) == ("last year", "Europe/Berlin")


def test_a_period_without_invitations_says_so(browser):
    marco = browser(cast.MARCO)
    marco.open(f"{REPORTS}?from=2001-01-01&to=2001-12-31&zone=Asia/Kathmandu")
    assert marco.status == 200
    assert "Nobody was invited in this period." in marco.page.words
    assert "Asia/Kathmandu" in marco.page.words


def test_htmx_gets_the_part_of_the_page(browser):
    marco = browser(cast.MARCO)
    answer = marco.htmx(REPORTS, target="div#report")
    assert answer.status == 200
    assert answer.text.lstrip().startswith('<div id="report">')
