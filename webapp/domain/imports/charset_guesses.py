"""A guess at the character set of names: by the countries of the addresses, or by the names.

What looks like Western names is Windows-1252, which Excel writes in Western Europe; the rest is
charset-normalizer's. Alone it would take a short list of Western names for anything: lists are too
short for its statistics, so of what it finds, readings that make no names are dropped here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from importlib import import_module

WESTERN = "cp1252"
_RARE = ("utf_8", "cp1258", "iso8859_15", "cp874")  # never guessed from letters
# What spreadsheets write in these countries.
_COUNTRIES = {
    **dict.fromkeys(("cz", "sk", "pl", "hu", "hr", "si", "ro", "ba"), ("cp1250", "iso8859_2")),
    **dict.fromkeys(("ru", "by", "bg", "mk", "ua"), ("cp1251", "koi8_r", "cp866")),
    **dict.fromkeys(("lt", "lv", "ee"), ("cp1257",)),
    "gr": ("cp1253",),
    "tr": ("cp1254",),
    "il": ("cp1255",),
    "jp": ("cp932", "euc_jp"),
    "cn": ("gb18030",),
    **dict.fromkeys(("tw", "hk"), ("big5hkscs",)),
    "kr": ("cp949",),
}
_WORD = re.compile(r"[^\W\d_]+")
_EVIDENCE = 4  # bytes; fewer tell nothing


def guess(cells: Sequence[bytes], countries: Counter[str], known: Collection[str]) -> str:
    """The codec of these cells, one of the known."""
    text = b"\n".join(cells)
    if len(decoded(cells, "utf_8")) * 3 > 2 * len(cells):
        return "utf_8"  # damaged in a place or two
    if sum(byte > 127 for byte in text) < _EVIDENCE:
        return WESTERN
    for name in _of_countries(countries):
        if _is_plausible(text, name):
            return name
    if _looks_western(text):
        return WESTERN
    ours = [name for name in known if name not in _RARE]
    # In memory only where a guess is needed.
    from_bytes = import_module("charset_normalizer").from_bytes
    matches = from_bytes(text, cp_isolation=ours, threshold=0.5, enable_fallback=False)
    names = [match.encoding for match in matches if _is_plausible(text, match.encoding)]
    return max(names, key=lambda name: _share_of_names(text.decode(name)), default=WESTERN)


def _of_countries(countries: Counter[str]) -> Iterator[str]:
    telling = Counter({name: n for name, n in countries.items() if name in _COUNTRIES})
    for name, _ in telling.most_common(1):
        yield from _COUNTRIES[name]


def _looks_western(text: bytes) -> bool:
    """Whether the words are Western: most of their letters are ASCII."""
    if not _is_plausible(text, WESTERN):
        return False
    words = _words(text.decode(WESTERN))
    foreign = [word for word in words if len(word) > 2 and 2 * _foreign_letters(word) > len(word)]
    return len(foreign) * 4 <= len(words)


def _words(text: str) -> list[str]:
    """The words that are not ASCII."""
    return [word for word in _WORD.findall(text) if not word.isascii()]


def _foreign_letters(word: str) -> int:
    return sum(not char.isascii() for char in word)


def _share_of_names(text: str) -> float:
    """How many of the words begin with a capital, or are of a script without any."""
    words = _words(text)
    points = sum(2 if word.istitle() else word.upper() == word.lower() for word in words)
    return points / (len(words) or 1)


def _is_plausible(text: bytes, name: str) -> bool:
    """Whether the bytes can be read so, without signs or capitals in words, and in one script."""
    try:
        read = text.decode(name)
    except UnicodeDecodeError:
        return False
    odd = sum(_is_odd(before, char, after) for before, char, after in _threes(read))
    odd += sum(_is_mixed(word) for word in _words(read))
    return odd * 20 <= _foreign_letters(read)


def _is_mixed(word: str) -> bool:
    """Whether Korean syllables stand beside Chinese characters."""
    kinds = {unicodedata.name(char, "").partition(" ")[0] for char in word}
    return {"HANGUL", "CJK"} <= kinds


def _threes(text: str) -> Iterator[tuple[str, str, str]]:
    return zip(" " + text, text, text[1:] + " ", strict=False)


def _is_odd(before: str, char: str, after: str) -> bool:
    """Whether a character that is not ASCII cannot stand between these two in a name."""
    if char.isascii():
        return False
    kind = unicodedata.category(char)
    if kind[0] == "L":
        return kind == "Lu" and before.islower()
    if kind in ("Cc", "Cn", "Co", "Cs"):
        return True
    return (kind[0] in "SN" and (before.isalpha() or after.isalpha())) or char in "¿¡¦¬"


def decoded(cells: Iterable[bytes], name: str) -> list[str]:
    """The cells that can be read so."""
    read: list[str] = []
    for cell in cells:
        try:
            read.append(cell.decode(name))
        except UnicodeDecodeError:
            continue
    return read
