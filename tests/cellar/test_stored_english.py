"""English sentences that were stored are translated for the reader."""

from __future__ import annotations

import pytest
from babel.messages.pofile import read_po

from tools import translations
from webapp import languages, stored_english
from webapp.languages import gettext

pytestmark = pytest.mark.usefixtures("in_app")


def sentences():
    """The sentences of the catalogue, with what is in the places of their values.

    Templates write % in their own way.
    """
    with (translations.FOLDER / "messages.pot").open("rb") as file:
        for message in read_po(file):
            if not isinstance(message.id, str) or "%%" in message.id:
                continue
            if stored_english.is_sentence(message.id):
                names = set(stored_english.PLACEHOLDER.findall(message.id))
                yield message.id, dict.fromkeys(names, "bo@example.org")


@pytest.mark.parametrize("tag", translations.LANGUAGES)
def test_every_sentence_of_the_catalogue_is_found_again_with_its_values(tag):
    for words, values in sentences():
        kept = gettext(words, **values)
        with languages.written_in(tag):
            assert stored_english.translated(kept) == gettext(words, **values)


def test_numbers_and_times_are_written_as_in_the_language():
    with languages.written_in("de"):
        assert stored_english.translated("Same as line 1,234.") == "Wie Zeile 1.234."
        told = stored_english.translated(
            "This link works until Friday 27 November 2026, 14:05 UTC."
        )
        assert told and "Freitag, 27. November 2026, 14:05 UTC" in told


def test_other_words_are_not_translated():
    with languages.written_in("de"):
        assert stored_english.translated("It was the weather.") is None
    assert stored_english.translated("It was the weather.") == "It was the weather."


def test_a_long_text_takes_no_time():
    with languages.written_in("ar"):
        assert stored_english.translated("%(a)s, at: " * 5000 + "!") is None
