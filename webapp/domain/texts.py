"""Free text that people type: names, messages, reasons."""

from __future__ import annotations

import re
import unicodedata

from webapp.domain.errors import Refusal

# Cc control, Cf format (bidi overrides hide what a name says), Cs lone surrogates,
# Zl and Zp line separators.
_REFUSED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
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
    text = unicodedata.normalize("NFC", text)  # which can make it longer
    if len(text) > most:
        raise Refusal(
            f"{label} can be at most {most:,} characters long. This one has {len(text):,}.", field
        )
    for char in text:
        if char in allowed:
            continue
        if is_unshowable(char):
            raise Refusal(
                f"{label} holds a character that cannot be shown. Type it again by hand.", field
            )
    return text or None
