"""Words that were kept in English for everybody, translated for each reader.

They are found again in the catalogue, with the values between them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.mofile import read_mo

from webapp import formats, languages
from webapp.languages import ENGLISH, gettext

# Any of the catalogues: all have the same English words.
_CATALOGUE = Path(__file__).with_name("translations") / "de/LC_MESSAGES/messages.mo"
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_SENTENCE = re.compile(r"[^\n]*[.?]")
_EXACT = "%A %d %B %Y, %H:%M UTC"  # clock.exact
_NUMBER = re.compile(r"\d{1,3}(,\d{3})+")


def translated(sentence: str) -> str | None:
    """The sentence in the current language; None if its words are not in the catalogue."""
    if languages.current() is ENGLISH:
        return sentence
    for words, pattern in _patterns().items():
        if found := pattern.fullmatch(sentence):
            values = {name: _value(name, value) for name, value in found.groupdict().items()}
            return gettext(words, **values)
    return None


def translated_by(words: str, *sentences: str) -> str:
    """Words that one of these marked sentences may have made; as they are if unknown here."""
    again = match(words, sentences)
    return gettext(words) if again is None and words else again or ""


def match(words: str, sentences: Iterable[str]) -> str | None:
    """The words in the current language, by the marked sentence they were made of, if any."""
    for sentence in sentences:
        if found := _pattern(sentence).fullmatch(words):
            return gettext(sentence, **found.groupdict())
    return None


def is_sentence(words: str) -> bool:
    """Whether these words are looked for: a sentence, and not a label."""
    return _SENTENCE.fullmatch(words) is not None


@functools.cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """What each sentence becomes with any values; those with the most words of their own first."""
    with _CATALOGUE.open("rb") as file:
        ids = [message.id for message in read_mo(file)]
    sentences = [words for words in ids if isinstance(words, str) and is_sentence(words)]
    sentences.sort(key=lambda words: -len(PLACEHOLDER.sub("", words)))
    return {words: _pattern(words) for words in sentences}


@functools.cache
def _pattern(words: str) -> re.Pattern[str]:
    """What the sentence becomes with any values."""
    parts = PLACEHOLDER.split(words)
    seen: set[str] = set()
    for place, part in enumerate(parts):
        if place % 2 == 0:
            parts[place] = re.escape(part.replace("%%", "%"))
        elif part in seen:
            parts[place] = f"(?P={part})"
        else:
            seen.add(part)
            parts[place] = f"(?P<{part}>.+?)"
    return re.compile("".join(parts), re.DOTALL)


def _value(name: str, text: str) -> str:
    """A value as it is written in the current language."""
    if name == "label":  # what a sentence is about, like “The name”
        return gettext(text)
    if _NUMBER.fullmatch(text):
        return formats.number(int(text.replace(",", "")))
    with suppress(ValueError):
        return formats.exact(datetime.strptime(text, _EXACT).replace(tzinfo=UTC))
    return text
