"""The id_tokens that programs show to us, to say whom they mean (id_token_hint)."""

from __future__ import annotations

from collections.abc import Iterable

from webapp import signing
from webapp.domain.openid import keys

NAME = "id_token_hint"
USED = ("aud", "sub", "sid")  # of its claims
UNREADABLE = "unreadable"


def read(text: str) -> dict[str, str] | None:
    """The claims that matter of an id_token of ours, or of what `shortened` made of one."""
    try:
        claims = signing.read(NAME, text)
    except signing.BadSignature:
        claims = keys.read(text)
    return {name: str(claims[name]) for name in USED} if claims else None


def shortened(text: str) -> str:
    """What an address may carry in place of an id_token: it names nobody, and is no token."""
    claims = read(text)
    return signing.sign(NAME, claims) if claims else UNREADABLE


def for_address(values: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Parameters that were posted, as an address may carry them."""
    return [(n, shortened(value) if n == NAME and value else value) for n, value in values]
