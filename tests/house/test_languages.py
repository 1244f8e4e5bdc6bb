"""Words marked for translation are in every catalogue, and what runs is what was written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tests.support.bare_sentences import bare_sentences
from tests.support.bare_words import bare_words
from tools import translations
from webapp.languages import ENGLISH, LANGUAGES

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
TEMPLATES = translations.ROOT / "webapp/templates"
# Templates for programmers and operators; those of mail are there once for each language.
ENGLISH_TEMPLATES = ("api_docs/", "mail/", "mailbox/", "styleguide/")
TRANSLATED = sorted(
    name
    for path in TEMPLATES.rglob("*.html")
    if not (name := path.relative_to(TEMPLATES).as_posix()).startswith(ENGLISH_TEMPLATES)
)
# Code whose words are for programs, programmers and operators.
ENGLISH_CODE = (
    *("webapp/web/api/", "webapp/web/metrics.py", "webapp/web/request_metrics.py"),
    *("webapp/web/styleguide.py", "webapp/web/forms/styleguide.py"),
    *("webapp/domain/operations/", "webapp/domain/privacy/"),
    *("webapp/domain/audit/seal_checks.py", "webapp/domain/audit/verification.py"),
    *("webapp/domain/accounts/bearers.py", "webapp/domain/accounts/idempotency.py"),
)
OTHERS = sorted(set(LANGUAGES) - {ENGLISH.tag})


def catalogue(tag):
    path = translations.FOLDER / tag / "LC_MESSAGES/messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=tag)


def words(message):
    """What a translator wrote for each number."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def ids(message):
    """The words of the code, for one and for many."""
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def test_the_catalogue_holds_exactly_the_words_in_the_code(tmp_path: Path):
    translations.extract(tmp_path / "messages.pot")
    written = (tmp_path / "messages.pot").read_text()
    assert (translations.FOLDER / "messages.pot").read_text() == written, "run make translations"


def test_there_is_a_catalogue_for_every_language():
    assert sorted(translations.LANGUAGES) == OTHERS


@pytest.mark.parametrize("tag", OTHERS)
def test_every_word_is_translated_with_all_its_placeholders(tag):
    with (translations.FOLDER / "messages.pot").open("rb") as file:
        template = read_po(file)
    messages = {message.id: message for message in catalogue(tag) if message.id}
    assert set(messages) == {message.id for message in template if message.id}
    for source, message in messages.items():
        assert not message.fuzzy
        sources = source if isinstance(source, tuple) else (source,)
        for translated in words(message):
            assert translated, source
            assert set(PLACEHOLDER.findall(translated)) <= set(PLACEHOLDER.findall(sources[-1]))
        if len(sources) == 1:
            assert set(PLACEHOLDER.findall(words(message)[0])) == set(
                PLACEHOLDER.findall(sources[0])
            )


@pytest.mark.parametrize("tag", OTHERS)
def test_what_runs_is_made_of_what_was_written(tag):
    with (translations.FOLDER / tag / "LC_MESSAGES/messages.mo").open("rb") as file:
        compiled = {ids(message): words(message) for message in read_mo(file) if message.id}
    assert compiled == {ids(message): words(message) for message in catalogue(tag) if message.id}


@pytest.mark.parametrize("name", TRANSLATED)
def test_no_word_of_a_translated_page_is_outside_the_catalogue(name):
    assert bare_words((TEMPLATES / name).read_text()) == []


def test_a_word_outside_the_catalogue_is_found():
    found = bare_words(
        """
        {% set title = "Bare" %}<h1>Bare {{ name }}</h1><input aria-label="Bare" value="code">
        {{ field(form.name, hint="Bare words", width=10) }}{{ "Bare" if done else _("Covered") }}
        {{ _("Covered") }}{% trans %}Covered{% endtrans %}<code>free</code>
        {% block width %}narrow{% endblock %}{{ url_for("page.show") }}
        """
    )
    assert sorted(" ".join(words.split()) for words in found) == [
        *("Bare", "Bare", "Bare", "Bare words", "Bare ·")
    ]


def test_no_sentence_in_the_code_is_outside_the_catalogue():
    found = {}
    for room in ("web", "domain"):
        for path in sorted((translations.ROOT / "webapp" / room).rglob("*.py")):
            name = path.relative_to(translations.ROOT).as_posix()
            if sentences := bare_sentences(path.read_text()):
                found[name] = sentences
    assert {n: words for n, words in found.items() if not n.startswith(ENGLISH_CODE)} == {}
    assert [n for n in ENGLISH_CODE if not any(name.startswith(n) for name in found)] == []


def test_a_sentence_outside_the_catalogue_is_found():
    source = '''
"""A module's docstring is for programmers."""
LABEL = marked("This is marked.")
raise Refusal("This is bare.")
raise Refusal(f"{name} is bare, as well.")
raise ValueError("This is for programmers.")
flash(gettext("This is in the catalogue, %(name)s.", name="Bo Lind"))
'''
    assert bare_sentences(source) == ["This is bare.", "· is bare, as well."]
