"""Whether it is our own web process that answers, at its port and behind the public address.

The doctor asks a question that only this installation can sign, and only this installation can
answer it. Others get no answer, so nobody can find out which addresses lead to one installation.
"""

from __future__ import annotations

import re
import secrets
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

import httpcore

from webapp import config, signing
from webapp.domain.operations.checks import Part

HEADER = "X-Gatehouse-Question"
QUESTION, ANSWER = "a question to the web process", "the web process's answer"
GOOD_FOR = 600  # seconds; clocks of several machines may differ
SECONDS = 3.0
BYTES = 4096
GATEWAY = (502, 503, 504)  # a proxy's words for "nothing behind me" (RFC 9110 §15.6)
AWAY, ANOTHER = "away", "another"
_NUMBERS = re.compile(r"^\[[^\]]*\]\s*|\s*\(_ssl\.c:\d+\)")


class Reply(NamedTuple):
    """What came back: whether it was our answer, the status, or in words why there was none."""

    is_ours: bool = False
    status: int | None = None
    words: str = ""


def answer(question: str) -> str | None:
    """The answer to the doctor's question; None if it was not signed here, or too long ago."""
    try:
        return signing.sign(ANSWER, signing.read_recent(QUESTION, question, GOOD_FOR))
    except signing.BadSignature:
        return None


def parts() -> list[Part]:
    """The web process at its port on this machine, and what answers at the public address."""
    settings = config.current()
    here = _ask(f"http://127.0.0.1:{settings.port}", urlsplit(settings.public_url).netloc)
    there = _ask(settings.public_url, urlsplit(settings.public_url).netloc)
    return [_web(here, settings.port), _public(there, settings.public_url, here)]


def _web(here: Reply, port: int) -> Part:
    where = f"127.0.0.1:{port}"
    if here.is_ours:
        return Part("web", sentence=where)
    if here.status is None:
        return Part("web", AWAY, f"No web process answers at {where}: {here.words}.")
    return Part(
        "web",
        ANOTHER,
        f"Another program answers at {where}, or a web process with another SECRET_KEY. End it, or "
        "set PORT to a free port; then restart the web process.",
    )


def _public(there: Reply, url: str, here: Reply) -> Part:
    if there.is_ours:
        return Part("public", sentence=url)
    if there.status is None:
        return Part("public", AWAY, f"{url} cannot be reached from this machine: {there.words}.")
    if there.status in GATEWAY:
        words = f"The proxy at {url} answers {there.status}: it does not reach the web process."
        # While none runs here that is no wonder.
        return Part("public", ANOTHER if here.is_ours else AWAY, f"{words} Check its port there.")
    return Part(
        "public",
        ANOTHER,
        f"Another program answers at {url} (status {there.status}), or a web process with another "
        "SECRET_KEY. Check PUBLIC_URL, and to which port the proxy passes requests on.",
    )


def _ask(url: str, host: str) -> Reply:
    text = secrets.token_hex(8)
    headers = {"Host": host, HEADER: signing.sign_for_now(QUESTION, text)}
    names = ("connect", "read", "write", "pool")
    limits = {"timeout": dict.fromkeys(names, SECONDS)}
    try:
        with (
            httpcore.ConnectionPool(ssl.create_default_context()) as pool,
            pool.stream(
                "GET", f"{url}/healthz", headers=[*headers.items()], extensions=limits
            ) as response,
        ):
            body = next(response.iter_stream(), b"")[:BYTES]
            return Reply(_is_answer(body, text), response.status)
    except httpcore.TimeoutException:
        return Reply(words=f"no answer within {SECONDS:.0f} seconds")
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        return Reply(words=_NUMBERS.sub("", str(error))[:200].rstrip(".") or "connection closed")


def _is_answer(body: bytes, text: str) -> bool:
    found = re.search(rb'"answer": ?"([\w.-]+)"', body)
    try:
        return found is not None and signing.read(ANSWER, found[1].decode()) == text
    except signing.BadSignature:
        return False
