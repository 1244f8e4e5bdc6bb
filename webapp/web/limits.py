"""Rate limits of public pages: by network address and by account, kept in Redis."""

from __future__ import annotations

import hashlib
import time

from flask import Flask, Response, g, request, session
from flask_limiter import Limiter
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug.wrappers import Response as AnyResponse

from webapp import config, signing
from webapp.config import Settings
from webapp.domain import addresses, links, sign_ins
from webapp.domain.errors import NotFound
from webapp.web import origin, scope

SECONDS = 0.5


limiter = Limiter(key_func=origin.network, strategy="fixed-window")


def start(app: Flask, settings: Settings) -> None:
    """Count in Redis; while that is away, in this process's memory: never not at all."""
    address = settings.redis_url
    app.config.update(
        RATELIMIT_ENABLED=settings.ratelimit_enabled,
        RATELIMIT_STORAGE_URI="redis+" + address if address.startswith("unix://") else address,
        RATELIMIT_STORAGE_OPTIONS={
            "socket_timeout": SECONDS,
            "socket_connect_timeout": SECONDS,
            "retry": Retry(NoBackoff(), 0),
        },
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_KEY_PREFIX="gatehouse",
    )
    limiter.init_app(app)


def account() -> str:
    """The account that a sign-in names, together with where it comes from.

    With the address in the key a stranger cannot use up the owner's tries (ASVS 2.2.1).
    """
    return _digest(f"{_named()}|{origin.network()}")


def account_anywhere() -> str:
    """The account that a sign-in names, wherever it comes from."""
    return _digest(_named())


def is_known_device() -> bool:
    """Whether this browser has signed in to this very account before.

    So guesses from many places at once are slowed, and the owner's own browser is not locked out
    with them (OWASP: device cookies).
    """
    try:
        known = signing.read("known device", request.cookies.get(device_cookie(), ""))
    except signing.BadSignature:
        return False
    return bool(known == account_anywhere())


def remember_device(response: Response | AnyResponse) -> None:
    """Let the browser that has just signed in be known for a year."""
    response.set_cookie(
        device_cookie(),
        signing.sign("known device", account_anywhere()),
        max_age=365 * 24 * 3600,
        secure=config.current().https,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def device_cookie() -> str:
    """The name of the cookie by which a browser is known."""
    return "__Host-gatehouse_device" if config.current().https else "gatehouse_device"


def invitation() -> str:
    """The invitation whose link is used: guesses at its account's password count together."""
    try:
        return str(links.read(_sent("token")[:2000]).invitation_id)
    except NotFound:
        return origin.network()


def second_step() -> str:
    """The account whose second step this is: a new first step gains no further tries."""
    try:
        pending = session.get("second_step", "")
        return str(signing.read_recent(sign_ins.PURPOSE, pending, sign_ins.SECONDS)[0])
    except signing.BadSignature:
        return origin.network()


def _named() -> str:
    named = _sent("email").strip()[:320]
    return addresses.key_of(named) or named.casefold()


def _sent(name: str) -> str:
    """A field of the form or query, or of the JSON that a program sent."""
    told = g.get("body", {}).get(name)
    return told if isinstance(told, str) else request.values.get(name, "")


def caller() -> str:
    """The key or token that a program shows, true or not; without one, where it comes from."""
    shown = request.headers.get("Authorization")
    return _digest(shown) if shown else origin.network()


def myself() -> str:
    """The signed-in user, wherever the request comes from."""
    return f"user {scope.me().id}"


def _digest(text: str) -> str:
    # A password typed into the wrong field must not stand in Redis.
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def was_refused(response: Response) -> bool:
    """Whether an answer counts against the limit: only what was refused does."""
    return response.status_code in (401, 404, 410, 422)


def was_not_signed(response: Response) -> bool:
    """Whether a webhook's call was none: its signature was wrong."""
    return response.status_code >= 400


def was_unknown(response: Response) -> bool:
    """Whether a program's call counts as a guess: nobody was known by its key."""
    return response.status_code == 401


def was_other_request(_: Response) -> bool:
    """Whether an Idempotency-Key came with something else than before."""
    return bool(g.get("was_other_request"))


def headers() -> list[tuple[str, str]]:
    """How many calls are left, for programs; of several limits the one that is nearest.

    draft-ietf-httpapi-ratelimit-headers, and the names that most clients know.
    """
    found = limiter.current_limits
    if not found:
        return []
    near = min(found, key=lambda one: one.remaining)
    left, seconds = max(0, near.remaining), max(1, int(near.reset_at - time.time()) + 1)
    return [
        ("RateLimit-Policy", f'"api";q={near.limit.amount};w={near.limit.get_expiry()}'),
        ("RateLimit", f'"api";r={left};t={seconds}'),
        ("X-RateLimit-Limit", str(near.limit.amount)),
        ("X-RateLimit-Remaining", str(left)),
        ("X-RateLimit-Reset", str(seconds)),
    ]


def seconds_left() -> int:
    """Seconds until the limit that was passed begins anew; at least 1."""
    passed = limiter.current_limit
    return max(1, int(passed.reset_at - time.time()) + 1) if passed else 60


sign_ins_by_place = limiter.limit("60 per minute;600 per hour", deduct_when=was_refused)
# One count for pages and programs: whoever guesses gains nothing by using both.
sign_ins_by_account = limiter.shared_limit(
    "10 per 15 minutes", scope="account", key_func=account, deduct_when=was_refused
)
sign_ins_from_anywhere = limiter.shared_limit(
    "100 per hour",
    scope="account anywhere",
    key_func=account_anywhere,
    deduct_when=was_refused,
    exempt_when=is_known_device,
)
guesses = limiter.shared_limit(
    "10 per 15 minutes", scope="invitation", key_func=invitation, deduct_when=was_refused
)
own_guesses = limiter.limit("10 per 15 minutes", key_func=myself, deduct_when=was_refused)
answers = limiter.limit("60 per minute;600 per hour", deduct_when=was_refused)
codes = limiter.limit("10 per 15 minutes", key_func=second_step, deduct_when=was_refused)
exports = limiter.limit("10 per hour", key_func=myself)
uploads = limiter.limit("60 per hour", key_func=myself)
webhooks = limiter.limit("60 per minute;600 per hour", deduct_when=was_not_signed)
lookups = limiter.limit("60 per hour", key_func=myself)
previews = limiter.limit("180 per minute", key_func=myself)
openings = limiter.limit("300 per minute", deduct_when=was_refused)
# Who knows another's key would learn from the answer which password was sent with it.
other_requests = limiter.shared_limit(
    "10 per 15 minutes", scope="other requests", deduct_when=was_other_request
)
calls = limiter.shared_limit("600 per minute", scope="api", key_func=caller)
unknown_calls = limiter.shared_limit("900 per minute", scope="api", deduct_when=was_unknown)
# Every one counts: none is refused, and each may send a mail.
resets = limiter.limit("10 per minute;60 per hour")
