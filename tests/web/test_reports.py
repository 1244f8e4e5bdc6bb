"""The reports page, and its table for spreadsheets."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from tests import cast
from tests.support.page import text
from webapp import formats, languages
from webapp.db import db, transaction
from webapp.domain import outbox
from webapp.domain.invitations import acceptances
from webapp.web import reports

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
    assert "4 100%" in words
    assert "days in the time zone UTC" in words
    (week,) = week_rows(marco.page)
    assert [week["Invited"], week["Accepted"], week["Accept. rate"]] == ["4", "4", "100%"]


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
        ("from=2026-02-30", "Enter a day as year, month and day"),
        ("from=2026-11-21&to=2026-11-20", "The last day is before the first one."),
        ("zone=Mars/Olympus", "Enter a time zone like UTC"),
        ("from=%00&to=%ED%B2%80&zone=" + "x" * 3000, "Enter a day as year, month and day"),
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
    assert "Nobody was invited from 1 January 2001 to 31 December 2001." in marco.page.words
    assert "Asia/Kathmandu" in marco.page.words


def test_htmx_gets_the_part_of_the_page(browser):
    marco = browser(cast.MARCO)
    answer = marco.htmx(REPORTS, target="div#report")
    assert answer.status == 200
    assert answer.text.lstrip().startswith('<div id="report">')


def test_one_sentence_says_how_it_went_and_a_line_each_week_has_its_numbers(browser, bo_accepted):
    marco = browser(cast.MARCO)
    marco.open(REPORTS)
    words = marco.page.words
    assert "All 4 invitations made from " in words
    assert "were accepted, half of them within a minute." in words
    (chart,) = [e for e in marco.page.root.iter("div") if e.get("class") == "weeks"]
    (week,) = chart.find("dl")
    assert text(week).endswith("4 invited 4 accepted")


@pytest.mark.parametrize(
    ("most", "said"),
    [(0, [0, 1]), (1, [0, 1]), (4, [0, 1, 2, 3, 4]), (7, [0, 2, 4, 6, 8]), (90, [0, 50, 100])],
)
def test_an_axis_has_few_round_numbers(most, said):
    assert list(reports.ticks(most)) == said


def test_the_tables_are_folded_below_the_chart(browser, bo_accepted):
    marco = browser(cast.MARCO)
    marco.open(REPORTS)
    tables = list(marco.page.root.iter("table"))
    folded = [t for d in marco.page.root.iter("details") for t in d.iter("table")]
    assert len(tables) == 4
    assert tables == folded


def test_domains_break_after_their_dots_and_not_within_words(browser, bo_accepted):
    assert "example.<wbr>org" in browser(cast.MARCO).open(REPORTS).text


def test_a_reader_of_german_reads_it_in_german_and_downloads_it_in_english(browser, bo_accepted):
    marco = browser(cast.MARCO)
    marco.environ["HTTP_ACCEPT_LANGUAGE"] = "de"
    marco.open(REPORTS)
    assert marco.page.heading == "Berichte"
    words = marco.page.words
    assert "Alle 4 Einladungen aus der Zeit vom " in words
    assert "bei der Hälfte dauerte es höchstens eine Minute." in words
    assert "Der Betreiber" in words
    assert "4 100 %" in words
    names = {row["name"] for row in table(marco.open(CSV))}
    assert {"All invitations", "The operator", "Manager"} <= names
    marco.open(f"{REPORTS}?from=2026-11-21&to=2026-11-20")
    assert "Der letzte Tag liegt vor dem ersten." in " ".join(marco.page.problems)


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (None, "–", "–"),
        (59, "under a minute", "unter einer Minute"),
        (60, "1 minute", "1 Minute"),
        (5400, "1.5 hours", "1,5 Stunden"),
        (86_400, "1 day", "1 Tag"),
        (2 * 86_400, "2 days", "2 Tage"),
    ],
)
def test_how_long_it_took_is_said_in_a_fitting_unit(app, seconds, english, german):
    with app.app_context():
        assert reports.lasting(seconds) == english
        with languages.written_in("de"):
            assert reports.lasting(seconds) == german


@pytest.mark.parametrize(
    ("first", "last", "english", "german"),
    [
        (date(2026, 11, 23), date(2026, 11, 29), "23 – 29 Nov", "23.–29. Nov."),
        (date(2026, 9, 28), date(2026, 10, 4), "28 Sep – 4 Oct", "28. Sept.\u2009–\u20094. Okt."),
        (date(2026, 11, 23), date(2026, 11, 23), "23 Nov", "23. Nov."),
    ],
)
def test_a_week_is_said_by_its_days(app, first, last, english, german):
    with app.app_context():
        assert formats.days(first, last) == english
        with languages.written_in("de"):
            assert formats.days(first, last) == german


def test_a_share_is_neither_nothing_for_some_nor_all_for_less(app):
    with app.app_context():
        shares = [reports.share(*of) for of in ((0, 0), (1, 999), (998, 999), (29, 100))]
        assert shares == ["–", "under 1%", "over 99%", "29%"]
