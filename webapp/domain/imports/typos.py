"""Addresses that are likely typos: one letter off a well-known domain, or a curly apostrophe.

A table of our own and a distance of one: libraries for this (mailcheck and its ports) are no longer
maintained, and fuzzy matchers know no domains.
"""

from __future__ import annotations

import functools

# Where most private mailboxes are. A domain one slip away from one of these is a likely typo …
KNOWN = (
    *("gmail.com", "googlemail.com", "outlook.com", "outlook.de", "outlook.fr", "hotmail.com"),
    *("hotmail.co.uk", "hotmail.de", "hotmail.es", "hotmail.fr", "hotmail.it", "live.com"),
    *("live.co.uk", "yahoo.com", "yahoo.co.uk", "yahoo.de", "yahoo.es", "yahoo.fr", "yahoo.it"),
    *("yahoo.co.jp", "yahoo.co.in", "icloud.com", "web.de", "t-online.de", "freenet.de"),
    *("orange.fr", "wanadoo.fr", "laposte.net", "libero.it", "proton.me", "protonmail.com"),
    *(
        "yandex.ru",
        "comcast.net",
        "verizon.net",
        "bellsouth.net",
        "btinternet.com",
        "rediffmail.com",
    ),
)
# … except for these, which exist: one letter away from a known domain, or too short to tell.
ALSO_RIGHT = ("mail.com", "email.com", "ymail.com", "life.com", "love.com", "outlook.es", "live.ca")
# What word processors make of the apostrophe that addresses like o'brien@example.org have.
_CURLY = str.maketrans(dict.fromkeys("’‘ʼ′‛", "'"))
SHORTEST = 8  # shorter domains are one letter away from too many others


@functools.lru_cache(4096)
def meant(domain: str) -> str | None:
    """The well-known domain that one slip of the finger turned into this one; None for any other.

    A slip is one letter left out, added or changed, or two swapped (Damerau 1964).
    """
    if domain in KNOWN or domain in ALSO_RIGHT:
        return None
    for known in KNOWN:
        if len(known) >= SHORTEST and is_slip(domain, known):
            return known
    return None


def meant_address(email: str, *, domain_is_right: bool = False) -> str | None:
    """The address that was probably meant; None unless this one is a likely typo."""
    local, _, domain = email.rpartition("@")
    straight = local.translate(_CURLY)
    if straight != local:
        return f"{straight}@{domain}"
    known = None if domain_is_right else meant(domain.lower())
    return f"{local}@{known}" if known else None


def is_slip(domain: str, other: str) -> bool:
    """Whether exactly one slip turns one domain into the other."""
    if domain == other or abs(len(domain) - len(other)) > 1:
        return False
    pairs = zip(domain, other, strict=False)
    at = next((n for n, (a, b) in enumerate(pairs) if a != b), None)
    if at is None:  # one of them is longer by one letter
        return True
    rest, other_rest = domain[at:], other[at:]
    if len(domain) != len(other):
        return rest[1:] == other_rest or rest == other_rest[1:]
    swapped = rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:]
    return swapped or rest[1:] == other_rest[1:]
