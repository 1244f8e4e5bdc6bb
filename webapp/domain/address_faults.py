"""What is wrong with a text that is no email address, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable

from webapp.domain import texts
from webapp.languages import gettext, marked

LONGEST_LOCAL = 64
SHOWN = 60
GENERAL = marked("This is not a complete email address. Enter one like name@example.org.")
TWO = marked("There is more than one @ in this address. Enter one address, like name@example.org.")
BLANK = marked("There is a space in this address. Remove it, or put a comma between two addresses.")
COMMA = marked("There is a comma after the @. Write a dot if you meant one.")
UNDERSCORE = marked(
    "There is an underscore after the @, but domains cannot contain one. Write a hyphen if you "
    "meant one."
)
BEFORE = marked(
    "There is a “%(character)s” before the @, where it is not allowed. Check the address."
)
AFTER = marked(
    "There is a “%(character)s” after the @, where it is not allowed. Check the address."
)
# email-validator tells its errors apart by their English sentences only.
_KINDS = {
    "must have an @-sign": GENERAL,
    "instead of a regular at-sign": marked(
        "This address has a character that only looks like an @. Type an ordinary @ instead."
    ),
    "something before the @-sign": marked(
        "There is nothing before the @. Write the whole address, like name@example.org."
    ),
    "something after the @-sign": marked(
        "There is nothing after the @. Write the whole address, like name@example.org."
    ),
    "should have a period|top-level domain": marked(
        "“%(domain)s” is not a complete domain. Write everything after the @, like "
        "name@example.org."
    ),
    "two periods in a row": marked("There are two dots in a row. Remove one."),
    "start with a period": marked("This address begins with a dot. Remove it."),
    "period immediately before": marked("There is a dot right before the @. Remove it."),
    "period immediately after": marked("There is a dot right after the @. Remove it."),
    "end with a period": marked("This address ends with a dot. Remove it."),
    "hyphen|two dashes": marked(
        "There is a hyphen after the @ where a domain cannot have one. Check the address."
    ),
    "special-use or reserved": marked(
        "“%(domain)s” is not a domain on the internet. Enter another address, or ask the operator "
        "of this installation to allow internal domains."
    ),
    "[Qq]uot": marked(
        "The part before the @ is in quotation marks, which many mail servers refuse. Enter "
        "another address for this person."
    ),
    "bracketed IP|in brackets": marked(
        "There is an IP address after the @. Write a domain instead, like name@example.org."
    ),
    "too long before": marked(
        "There are more than %(most)s characters before the @. Remove any text that is not part "
        "of the address."
    ),
    "too long|so many characters": marked(
        "The domain after the @ is too long. Remove any text that is not part of the address."
    ),
    "display name|angle bracket": marked(
        "Enter just the address, like name@example.org, without a name or brackets around it."
    ),
}


def sentence(text: str, error: str) -> str:
    """What is wrong with the text, by the error of email-validator."""
    local, _, domain = text.partition("@")
    if "invalid characters" in error or "unsafe characters" in error:
        return _of_characters(local, domain)
    words = next((words for kind, words in _KINDS.items() if re.search(kind, error)), GENERAL)
    return gettext(words, domain=texts.showable(domain)[:SHOWN], most=LONGEST_LOCAL)


def unshowable(text: str, place: int) -> str:
    """That a character cannot be shown, and where it is."""
    before = texts.showable(text[:place])[-SHOWN:]
    if before:
        words = gettext(
            "This address contains a character that cannot be shown, after “%(before)s”. "
            "Remove it, and try again.",
            before=before,
        )
    else:
        words = gettext(
            "This address begins with a character that cannot be shown. Remove it, and try again."
        )
    return words


def _of_characters(local: str, domain: str) -> str:
    before, after = _first(local, _in_local), _first(domain, _in_domain)
    if "@" in domain:
        return gettext(TWO)
    if (before or after or "x").isspace():
        return gettext(BLANK)
    if before:
        return gettext(BEFORE, character=before)
    special = {"": GENERAL, ",": COMMA, "_": UNDERSCORE}
    return gettext(special.get(after, AFTER), character=after)


def _first(text: str, is_right: Callable[[str], bool]) -> str:
    return next((character for character in text if not is_right(character)), "")


def _in_local(character: str) -> bool:
    """Whether it may stand before the @ (RFC 5322 §3.2.3, RFC 6531 §3.3)."""
    return character.isalnum() or character in ".!#$%&'*+-/=?^_`{|}~" or _is_other(character)


def _in_domain(character: str) -> bool:
    return character.isalnum() or character in ".-" or _is_other(character)


def _is_other(character: str) -> bool:
    return not character.isascii() and not character.isspace()
