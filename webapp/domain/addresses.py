"""Email addresses: which texts are one, and when two are the same."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from webapp import address_syntax, config
from webapp.address_syntax import EmailNotValidError
from webapp.domain import address_faults, texts
from webapp.domain.errors import Refusal
from webapp.languages import gettext

LONGEST = 254
KEY_LONGEST = 320  # the column's length


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it was typed, the key by which it compares, and its domain in ASCII."""

    shown: str
    key: str
    domain: str


def parse(text: str | None, *, field: str = "email") -> Address:
    """Read one address; raises Refusal saying what is wrong.

    Syntax by RFC 5321 and 5322, at most 254 octets (RFC 5321 4.5.3.1.3); no DNS look-up.
    Invisible characters around it are dropped, and those inside refused.
    """
    text = texts.without_invisible_ends(text or "")
    _refuse_unusable(text, field)
    try:
        written, domain = address_syntax.split(text, internal=config.allows_internal_domains())
    except (EmailNotValidError, UnicodeError) as wrong:
        raise Refusal(address_faults.sentence(text, str(wrong)), field) from None
    local = unicodedata.normalize("NFC", written)
    email_key = key(local, domain)
    # Full-width letters and ligatures look like an address that may be somebody else's.
    if unicodedata.normalize("NFKC", local) != local or len(email_key) > KEY_LONGEST:
        raise Refusal(
            gettext("This address contains unusual letters. Type it again with ordinary letters."),
            field,
        )
    return Address(text, email_key, domain)


def domains(text: str | None, *, field: str) -> tuple[str, ...]:
    """The domains typed into one field, in ASCII, each once; raises Refusal naming a bad one."""
    ascii_domains: list[str] = []
    for word in re.split(r"[\s,;]+", text or ""):
        name = word.removeprefix("@")
        if not name:
            continue
        try:
            domain = parse(f"name@{name}").domain
        except Refusal:
            shown = texts.showable(word)[:100]
            raise Refusal(
                gettext("“%(shown)s” is not a domain. Enter one like example.org.", shown=shown),
                field,
            ) from None
        if domain not in ascii_domains:
            ascii_domains.append(domain)
    return tuple(ascii_domains)


def key(local_part: str, ascii_domain: str) -> str:
    """The text by which addresses compare: no case, one Unicode form, the domain's IDNA A-labels.

    Letter by letter, so that ß stays ß: straße@ and strasse@ may be two people's mailboxes.
    """
    local = unicodedata.normalize("NFC", local_part)
    return "".join(map(_lower, local)) + "@" + ascii_domain.lower()


def _refuse_unusable(text: str, field: str) -> None:
    if not text:
        raise Refusal(gettext("Enter an email address, like name@example.org."), field)
    if len(text.encode("utf-8", "replace")) > LONGEST:
        raise Refusal(
            gettext(
                "An email address can have at most %(most)s characters. Remove any text that is "
                "not part of it.",
                most=LONGEST,
            ),
            field,
        )
    place = next((n for n, char in enumerate(text) if texts.is_unshowable(char)), None)
    if place is not None:
        raise Refusal(address_faults.unshowable(text, place), field)


def _lower(letter: str) -> str:
    folded = letter.casefold()
    return folded if len(folded) == 1 else letter.lower()


def key_of(text: str | None) -> str | None:
    """The key of an address, or None when the text is not one."""
    try:
        return parse(text).key
    except Refusal:
        return None
