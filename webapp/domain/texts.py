"""Free text that people type: names, messages, reasons."""

from __future__ import annotations

import unicodedata

from webapp.domain.errors import Refusal

# Cc control, Cf format (bidi overrides hide what a name says), Cs lone surrogates,
# Zl and Zp line separators.
_REFUSED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Joiners that Persian, Indic scripts and emoji need to be spelled at all.
_JOINERS = {"\u200c", "\u200d"}


def one_line(text: str | None, *, field: str, label: str, most: int) -> str | None:
    """Trimmed text of one line, None when empty; raises Refusal on control characters or length."""
    return _checked((text or "").strip(), field, label, most, allowed="")


def several_lines(text: str | None, *, field: str, label: str, most: int) -> str | None:
    """Trimmed text that may have line breaks and tabs, None when empty; raises Refusal."""
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()
    return _checked(lines, field, label, most, allowed="\n\t")


def _checked(text: str, field: str, label: str, most: int, allowed: str) -> str | None:
    if len(text) > most:
        raise Refusal(
            f"{label} can be at most {most:,} characters long. This one has {len(text):,}.", field
        )
    for char in text:
        if char in allowed or char in _JOINERS:
            continue
        if unicodedata.category(char) in _REFUSED:
            raise Refusal(
                f"{label} holds a character that cannot be shown. Type it again by hand.", field
            )
    return unicodedata.normalize("NFC", text) or None
