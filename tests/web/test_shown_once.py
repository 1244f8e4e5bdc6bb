"""A secret waits for its page in the browser's cookie, and not longer than it can be shown."""

from __future__ import annotations

from flask import session

from webapp.web import shown_once

SECRET = "ghk_it-is-a-secret"


def test_its_own_page_takes_it_and_another_rows_page_leaves_it(app):
    with app.test_request_context():
        shown_once.keep(shown_once.API_KEY, 1, SECRET)
        assert shown_once.take(shown_once.API_KEY, 2) is None
        assert shown_once.take(shown_once.CLIENT_SECRET, 1) is None
        assert shown_once.take(shown_once.API_KEY, 1) == SECRET
        assert shown_once.take(shown_once.API_KEY, 1) is None


def test_nothing_is_left_of_one_that_is_too_old(app, travel):
    with app.test_request_context():
        shown_once.keep(shown_once.API_KEY, 1, SECRET)
        travel(seconds=shown_once.SECONDS + 1)
        assert shown_once.take(shown_once.API_KEY, 1) is None
        assert shown_once.API_KEY not in session


def test_a_page_without_one_changes_no_cookie(app):
    with app.test_request_context():
        assert shown_once.take(shown_once.API_KEY, 1) is None
        assert not session.modified
