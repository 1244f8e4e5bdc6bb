"""One POST to somebody else's server: to a checked address, with a deadline and a size limit.

We use httpcore because it takes a network backend: ours resolves names, checks the addresses,
connects to them, and cuts every wait to one deadline. httpcore follows no redirects, ignores the
environment's proxies and decompresses nothing.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore

from webapp import telemetry
from webapp.egress import Unreachable, Way
from webapp.languages import marked

SECONDS = 10.0  # for everything: lookup, connecting, TLS, sending, and the answer
LOOKUP_SECONDS = 5.0
CONNECT_SECONDS = 4.0  # for one address of several
ADDRESSES = 3
ANSWER_BYTES = 8 * 1024

_OURS = re.compile(r"^\[[^\]]*\]\s*|\s*\(_ssl\.c:\d+\)")
_NO_ANSWER = marked("No answer within %(seconds)s seconds.")
_CLOSED = marked("The connection failed: it was closed without an answer.")
_FAILED = marked("The connection failed: %(reason)s.")
WORDS = (_NO_ANSWER, _CLOSED, _FAILED)  # for `stored_english.translated_by`
_BROKEN = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the beginning of the body, or in `words` why there is none."""

    status: int | None
    body: bytes
    words: str
    seconds: float

    @property
    def is_success(self) -> bool:
        """Whether the other side accepted it: 2xx only, no redirect."""
        return self.status is not None and 200 <= self.status < 300


def post(
    url: str, headers: Mapping[str, str], body: bytes, *, way: Way, tls: ssl.SSLContext
) -> Answer:
    """POST the body to the URL; whatever the other side does, it raises nothing."""
    began = time.monotonic()
    parts = urlsplit(url)
    target = httpcore.URL(
        scheme=parts.scheme.encode(),
        host=(parts.hostname or "").encode(),
        port=parts.port,
        target=(parts.path + (f"?{parts.query}" if parts.query else "")).encode(),
    )
    sent = {"Host": parts.netloc, **headers, "Content-Length": str(len(body))}
    network = _Checked(way, began + SECONDS)
    status, answer, words = None, b"", ""
    try:
        with (
            telemetry.span("POST webhook", "CLIENT"),
            httpcore.ConnectionPool(tls, network_backend=network, max_connections=1) as pool,
            pool.stream("POST", target, headers=[*sent.items()], content=body) as response,
        ):
            status = response.status
            answer = _beginning(response)
            telemetry.tell({"http.response.status_code": status})
    except (Unreachable, *_BROKEN) as error:
        words = words_of(error) if status is None else ""
    return Answer(status, answer, words, time.monotonic() - began)


def words_of(error: Exception) -> str:
    """What went wrong, in English words for the admin who owns the endpoint."""
    if isinstance(error, Unreachable):
        return str(error)
    if isinstance(error, httpcore.TimeoutException):
        return _NO_ANSWER % {"seconds": f"{SECONDS:.0f}"}
    what = _OURS.sub("", str(error))[:200].rstrip(".")
    return _FAILED % {"reason": what} if what else _CLOSED


def _beginning(response: httpcore.Response) -> bytes:
    """The first bytes of the body; losing them changes nothing, since the status is known."""
    found = b""
    with suppress(*_BROKEN):
        for chunk in response.iter_stream():
            found += chunk
            if len(found) >= ANSWER_BYTES:
                break
    return found[:ANSWER_BYTES]


class _Checked(httpcore.NetworkBackend):
    """A network backend that connects only to addresses that may be reached."""

    def __init__(self, way: Way, deadline: float) -> None:
        self._way, self._deadline = way, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._way.addresses(host, min(LOOKUP_SECONDS, _left(self._deadline)))
        failed: Exception | None = None
        for address in addresses[:ADDRESSES]:
            seconds = min(CONNECT_SECONDS, _left(self._deadline))
            try:
                # An IP address, so it is not resolved a second time.
                stream = httpcore.SyncBackend().connect_tcp(address, port, seconds)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _Stream(stream, self._deadline)
        raise failed or httpcore.ConnectTimeout()


class _Stream(httpcore.NetworkStream):
    """A connection whose every step must end by the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        # The timeout covers the whole handshake, not each read.
        stream = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Stream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout
    return seconds
