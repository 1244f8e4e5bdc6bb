"""Times and words in the language of a page or mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from webapp import clock, formats, languages, stored_english

AT = datetime(2026, 11, 27, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("en", "Friday 27 November 2026, 14:05 UTC"),
        ("de", "Freitag, 27. November 2026, 14:05 UTC"),
        ("ar", "الجمعة 27 نوفمبر 2026، 14:05 UTC"),
        ("xx", "Friday 27 November 2026, 14:05 UTC"),
        (None, "Friday 27 November 2026, 14:05 UTC"),
    ],
)
def test_a_time_in_full_is_in_the_language_that_is_written(app, tag, words):
    with app.app_context(), languages.written_in(tag):
        assert formats.exact(AT) == words


@pytest.mark.parametrize(
    ("tag", "ahead", "words"),
    [
        ("en", timedelta(days=7), "in 7 days"),
        ("en", timedelta(hours=-2), "2 hours ago"),
        ("en", timedelta(seconds=-5), "just now"),
        ("en", timedelta(minutes=5), "in 5 minutes"),
        ("en", timedelta(days=-40), "a month ago"),
        ("de", timedelta(days=7), "in 7 Tagen"),
        ("de", timedelta(hours=-2), "vor 2 Stunden"),
        ("ar", timedelta(days=7), "خلال 7 أيام"),
    ],
)
def test_a_time_in_words_is_in_the_language_that_is_written(app, tag, ahead, words):
    with clock.stopped(), app.app_context(), languages.written_in(tag):
        assert formats.ago(clock.now() + ahead) == words


def test_a_mail_in_another_language_changes_nothing_around_it(app):
    with app.app_context(), languages.written_in("de"):
        with languages.written_in("ar"):
            assert languages.current().direction == "rtl"
        assert languages.current().tag == "de"


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ("No answer within 10 seconds.", "Keine Antwort innerhalb von 10 Sekunden."),
        ("It could not be sent.", "Es konnte nicht gesendet werden."),
        ("550 5.1.1 100% no", "550 5.1.1 100% no"),
        ("", ""),
    ],
)
def test_what_was_kept_in_english_is_told_in_the_language_that_is_written(app, kept, words):
    with app.app_context():
        assert stored_english.translated_by(kept, "No answer within %(seconds)s seconds.") == kept
        with languages.written_in("de"):
            assert (
                stored_english.translated_by(kept, "No answer within %(seconds)s seconds.") == words
            )


@pytest.mark.parametrize(
    ("tag", "label", "tenths"), [("en", "password reset", "2.3"), ("de", "Password reset", "2,3")]
)
def test_labels_and_numbers_are_as_the_language_has_them(app, tag, label, tenths):
    with app.app_context(), languages.written_in(tag):
        assert formats.inside_sentence("Password reset") == label
        assert formats.tenths(2.34) == tenths


def test_without_an_application_it_is_english():
    assert languages.current().tag == "en"
