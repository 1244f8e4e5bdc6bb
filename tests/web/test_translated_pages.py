"""Every page is in the reader's language as a whole: its only other words are values."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import String, select

from tests.support import every_page, marked_words
from tests.support.every_page import PAGES
from webapp.db import db
from webapp.web import language

KEYWORD = re.compile(r"[a-z_-]{1,40}")  # like the name of a role, or of a state


@pytest.fixture
def app(app, tmp_path):
    with marked_words.in_use(app, tmp_path):
        yield app


@pytest.fixture
def far(app):
    with app.app_context():
        return every_page.far()


def values(app):
    """Every text in the rows of the database that is not a keyword of ours."""
    with app.app_context():
        found = set()
        for table in db.metadata.sorted_tables:
            columns = [one for one in table.columns if isinstance(one.type, String)]
            for row in db.session.execute(select(*columns)) if columns else ():
                found.update(value for value in row if value)
    lines = {line.strip() for text in found for line in (text, *text.splitlines())}
    return {line for line in lines if len(line) > 1 and not KEYWORD.fullmatch(line)}


ROOMS = sorted({view.partition(".")[0] for view in PAGES} - language.ENGLISH_ONLY)


@pytest.mark.parametrize("room", ROOMS)
def test_a_translated_page_has_no_english_left(app, browser, far, room, subtests):
    for view, (who, address, _heading) in PAGES.items():
        if view.startswith(f"{room}."):
            with subtests.test(view):
                somebody = browser(who)
                somebody.environ["HTTP_ACCEPT_LANGUAGE"] = "de"
                somebody.open(address.format_map(far))
                assert somebody.page.root.get("lang") == "de"
                assert marked_words.english(somebody.page.html, values(app)) == []


def test_a_word_that_stays_english_is_found():
    html = (
        '<h1>⟦Roles⟧</h1><p title="Bare">Bo is <b>bare</b>, <code>x</code> ⟦Covered <b>x</b>⟧</p>'
    )
    assert marked_words.english(html, {"Bo"}) == ["Bare", "is", "bare"]
