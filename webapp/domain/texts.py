"""Free text that people type: names, messages, reasons."""

from __future__ import annotations

import re
import unicodedata

from webapp.domain.errors import Refusal
from webapp.languages import gettext

# Cc control, Cf format (bidi overrides hide what a name says), Cs lone surrogates,
# Zl and Zp line separators.
_REFUSED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# What copying brings along unseen: soft hyphens, zero-width spaces, byte order marks, and the marks
# around text that some address books add. None of them reorders what is read, as an override does.
_INVISIBLE = {
    ord(char): None
    for char in "\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u2060\u2066\u2067\u2068\u2069\ufeff"
}
# What may be around an address unseen: all of these, and joiners. Overrides are refused.
UNSEEN = "".join(map(chr, [*_INVISIBLE, 0x180E, 0x200C, 0x200D]))
_WHITE = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
# Joiners that Persian, Indic scripts and emoji need to be spelled at all.
_JOINERS = {"\u200c", "\u200d"}
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def one_line(text: str | None, *, field: str, label: str, most: int) -> str | None:
    """Trimmed text of one line, None when empty; raises Refusal on control characters or length."""
    return _checked((text or "").strip(), field, label, most, allowed="")


def several_lines(text: str | None, *, field: str, label: str, most: int) -> str | None:
    """Trimmed text that may have line breaks and tabs, None when empty; raises Refusal."""
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()
    return _checked(lines, field, label, most, allowed="\n\t")


def without_invisible(text: str) -> str:
    """The text without the invisible characters that copying brings along."""
    return text.translate(_INVISIBLE)


def without_invisible_ends(text: str) -> str:
    """The text without the blanks and invisible characters around it, nor soft hyphens inside.

    A soft hyphen only says where a word may be broken: word processors put it into anything long.
    """
    return text.strip(UNSEEN + _WHITE).replace("\u00ad", "")


def is_unshowable(char: str) -> bool:
    """Whether a character is a control, a hidden format, or what is left of broken bytes."""
    if char in _JOINERS:
        return False
    return char == "\ufffd" or unicodedata.category(char) in _REFUSED


def showable(text: str) -> str:
    """The text without what cannot be shown; only for showing it again beside its refusal."""
    return "".join(char for char in text if char in "\n\t" or not is_unshowable(char))


def in_words(name: str) -> str:
    """A name as words: InvitationCreated is Invitation created."""
    return _WORD.sub(" ", name).capitalize()


def _checked(text: str, field: str, label: str, most: int, allowed: str) -> str | None:
    text = unicodedata.normalize("NFC", without_invisible(text)).strip()  # which can make it longer
    if len(text) > most:
        raise Refusal(
            gettext(
                "%(label)s can have at most %(most)s characters. This has %(length)s. Shorten it.",
                label=label,
                most=_number(most),
                length=_number(len(text)),
            ),
            field,
        )
    for char in text:
        if char in allowed:
            continue
        if is_unshowable(char):
            raise Refusal(
                gettext(
                    "%(label)s contains a character that cannot be shown. Remove it, "
                    "and try again.",
                    label=label,
                ),
                field,
            )
    return text or None


def _number(number: int) -> str:
    return f"{number:,}"
