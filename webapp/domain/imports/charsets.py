"""The character set of a text file, and how its names look in others.

A byte order mark decides (Excel writes one with UTF-8 and UTF-16); valid UTF-8 is UTF-8, as other
text almost never is by accident. The rest is guessed, and shown to whoever sends the file.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO

from webapp.domain import texts
from webapp.domain.imports import charset_guesses
from webapp.domain.imports.charset_guesses import decoded

# What an admin can choose, in the order of the list. The codecs are Python's.
CHOICES = {
    "cp1252": "Windows-1252",
    "iso8859_15": "ISO-8859-15",
    "mac_roman": "MacRoman",
    "cp850": "DOS 850",
    "cp1250": "Windows-1250",
    "iso8859_2": "ISO-8859-2",
    "cp1257": "Windows-1257",
    "cp1254": "Windows-1254",
    "cp1251": "Windows-1251",
    "koi8_r": "KOI8-R",
    "iso8859_5": "ISO-8859-5",
    "cp866": "DOS 866",
    "cp1253": "Windows-1253",
    "cp1255": "Windows-1255",
    "cp1256": "Windows-1256",
    "cp874": "Windows-874",
    "cp932": "Shift_JIS",
    "euc_jp": "EUC-JP",
    "gb18030": "GBK / GB 18030",
    "big5hkscs": "Big5",
    "cp949": "EUC-KR",
    "cp1258": "Windows-1258",
    "utf_8": "UTF-8",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like the next one
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# In every character set that spreadsheets write, a byte of several below 0x40 stands for itself.
_CELL = re.compile(rb'[^,;"\t\r\n]*[\x80-\xff][^,;"\t\r\n]*')
_COUNTRY = re.compile(rb"@[\w.-]{1,200}?\.([a-z]{2})\b(?![.-])", re.IGNORECASE)
_PIECE = 65536
_SHORT, _CELLS = 80, 300
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Charset:
    """A codec, and if it is only a guess, some cells by which people can judge it."""

    name: str
    cells: tuple[bytes, ...] = ()

    def samples(self) -> dict[str, str]:
        """The cells in every character set in which they can be read."""
        some = self.cells[:SAMPLES]
        ours = [texts.showable(cell.decode(self.name, "replace")) for cell in some]
        read = {name: decoded(some, name) for name in CHOICES}
        shown = {name: words for name, words in read.items() if words and _can_be_shown(words)}
        return {name: ", ".join(words) for name, words in {**shown, self.name: ours}.items()}


def _can_be_shown(words: list[str]) -> bool:
    return all(word.isprintable() for word in words)


def of(stream: BinaryIO) -> Charset:
    """The character set of a file, from its start; leaves it at its start."""
    try:
        stream.seek(0)
        head = stream.read(4)
        for mark, name in _MARKS:
            if head.startswith(mark):
                return Charset(name)
        if head[1:2] == b"\0" != head[:1]:
            return Charset("utf-16-le")
        if head[:1] == b"\0" != head[1:2]:
            return Charset("utf-16-be")
        stream.seek(0)
        return Charset("utf-8") if _is_utf8(stream) else _guessed(stream)
    finally:
        stream.seek(0)


def _is_utf8(stream: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := stream.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _guessed(stream: BinaryIO) -> Charset:
    cells, countries = _evidence(stream)
    short = [cell for cell in cells if len(cell) <= _SHORT] or cells
    return Charset(charset_guesses.guess(short, countries, CHOICES), tuple(short[:SAMPLES]))


def _evidence(stream: BinaryIO) -> tuple[list[bytes], Counter[str]]:
    """The first cells that are not ASCII, and how often each country ends an address."""
    stream.seek(0)
    cells: dict[bytes, None] = {}
    countries: Counter[str] = Counter()
    rest = b""
    while piece := stream.read(_PIECE):
        piece = rest + piece
        end = max(piece.rfind(b"\n"), piece.rfind(b"\r"), piece.rfind(b",")) + 1
        piece, rest = (piece[:end], piece[end:][:_PIECE]) if end else (piece, b"")
        _add(piece, cells, countries)
        if len(cells) >= _CELLS:
            break
    _add(rest, cells, countries)
    return list(cells), countries


def _add(piece: bytes, cells: dict[bytes, None], countries: Counter[str]) -> None:
    found = itertools.islice(_CELL.finditer(piece), _CELLS)
    cells.update((match[0].strip()[: 4 * _SHORT], None) for match in found)
    countries.update(name.decode().lower() for name in _COUNTRY.findall(piece))
