"""A catalogue in which every translation is the English in brackets: what has none is English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask

from tests.support.bare_words import LETTERS, READ, SAME
from tools import translations

OPEN, CLOSE = "⟦", "⟧"
# Not words of ours: values that somebody typed or that programs read, and times.
VALUES = {"code", "time", "script", "style", "pre", "textarea"}
VOID = {"input", "img", "br", "hr", "meta", "link", "source"}


@contextmanager
def in_use(app: Flask, folder: Path) -> Iterator[None]:
    """Let the application read German from such a catalogue, which is written to the folder."""
    _write(folder)
    babel = app.extensions["babel"]
    with app.app_context():
        cache = babel.instance.domain_instance.cache
    before, babel.translation_directories = babel.translation_directories, [str(folder)]
    cache.clear()
    try:
        yield
    finally:
        babel.translation_directories = before
        cache.clear()


def _write(folder: Path) -> None:
    with (translations.FOLDER / "messages.pot").open("rb") as file:
        template = read_po(file)
    made = Catalog(locale="de")
    for message in template:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        if message.id:
            words = tuple(f"{OPEN}{one}{CLOSE}" for one in ids)
            made.add(message.id, words if len(words) > 1 else words[0], flags=message.flags)
    place = folder / "de/LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "messages.mo").open("wb") as written:
        write_mo(written, made)


class _Reader(HTMLParser):
    """Collects what people read or hear that is outside brackets."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.outside: list[str] = []
        self.depth = 0
        self.values: list[str] = []  # elements that hold values, and those inside them
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag not in VOID and (
            self.values or tag in VALUES or ("lang" in found and tag != "html")
        ):
            self.values.append(tag)
        if tag == "input" and found.get("type") in ("submit", "button"):
            self._read(found.get("value", ""))
        if not self.values:
            for name in sorted(READ & found.keys()):
                self.outside.append(_outside(found[name], 0)[0])

    def handle_endtag(self, tag: str) -> None:
        if self.values and self.values[-1] == tag:
            self.values.pop()

    def handle_data(self, data: str) -> None:
        self._read(data)

    def _read(self, text: str) -> None:
        words, self.depth = _outside(text, self.depth)
        if not self.values:
            self.outside.append(words)


def _outside(text: str, depth: int) -> tuple[str, int]:
    """The text that is in no bracket, and how many brackets are open behind it."""
    kept = []
    for letter in text:
        depth += letter == OPEN
        kept.append("" if depth else letter)
        depth -= letter == CLOSE
    return "".join(kept), depth


def english(html: str, values: set[str]) -> list[str]:
    """What would stay English on the page; `values` are words that are data."""
    reader = _Reader()
    reader.feed(html.replace("<wbr>", ""))  # what may be broken there is one word
    reader.close()
    found = []
    for text in reader.outside:
        for value in sorted(values, key=len, reverse=True):
            text = text.replace(value, "")
        text = re.sub(r"\S+@\S+|https?://\S+", "", text)
        if any(word not in SAME for word in LETTERS.findall(text)):
            found.append(" ".join(text.split()))
    return found
