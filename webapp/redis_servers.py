"""Where Redis is: at one address, or wherever Sentinel says that the primary is now."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

SCHEMES = ("redis+sentinel", "rediss+sentinel")  # with the second, everything speaks TLS
SENTINEL_PORT = 26379
ASK_SECONDS = 0.25  # that each Sentinel is waited for


def client(url: str, **options: Any) -> Redis:
    """A client of the Redis at this address; with Sentinel, each connection finds the primary."""
    if not is_sentinel(url):
        return Redis.from_url(url, **options)
    parts = urlsplit(url)
    secure = {"ssl": True} if parts.scheme == SCHEMES[1] else {}
    service, database = _path(parts.path)
    sentinels: Any = Sentinel(  # type: ignore[no-untyped-call]  # redis-py has no types here
        addresses(parts.netloc),
        sentinel_kwargs={
            "socket_timeout": ASK_SECONDS,
            "socket_connect_timeout": ASK_SECONDS,
            "retry": Retry(NoBackoff(), 0),
            "password": parse_qs(parts.query).get("sentinel_password", [None])[0],
            **secure,
        },
    )
    account = {"username": _word(parts.username), "password": _word(parts.password), **secure}
    primary: Redis = sentinels.master_for(service, db=database, **account, **options)
    return primary


def is_sentinel(url: str) -> bool:
    """Whether the address names Sentinels, and not Redis itself."""
    return url.startswith(tuple(f"{scheme}://" for scheme in SCHEMES))


def addresses(netloc: str) -> list[tuple[str, int]]:
    """The hosts and ports of an address that names several; raises ValueError for a wrong one."""
    found = []
    for place in netloc.rpartition("@")[2].split(","):
        parts = urlsplit(f"//{place}")
        if not parts.hostname:
            raise ValueError(place)
        found.append((parts.hostname, parts.port or SENTINEL_PORT))
    return found


def checked(url: str) -> str:
    """The address as it is; raises ValueError for Sentinels without hosts or a service."""
    if is_sentinel(url):
        parts = urlsplit(url)
        addresses(parts.netloc)
        _path(parts.path)
    return url


def _path(path: str) -> tuple[str, int]:
    service, _, database = path.strip("/").partition("/")
    if not service:
        raise ValueError(path)
    return unquote(service), int(database or 0)


def _word(text: str | None) -> str | None:
    return unquote(text) if text else None
