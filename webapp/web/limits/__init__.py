"""Rate limits of public pages: by network address and by account, kept in Redis."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, g, request
from flask_limiter import Limiter

from webapp import redis_servers, redis_tries
from webapp.config import Settings
from webapp.domain.errors import NotFound
from webapp.domain.invitations import links
from webapp.domain.links import codes
from webapp.web import origin, scope
from webapp.web.limits import counting, known_devices, suspects, visits
from webapp.web.limits.outcomes import (
    unless,
    was_guess,
    was_not_signed,
    was_other_request,
    was_refused,
    was_unknown,
    was_unknown_code,
)
from webapp.web.limits.suspects import Suspect

View = TypeVar("View", bound=Callable[..., Any])

# Each public address has this limit of a network, unless it has a narrower one below.
limiter = Limiter(
    key_func=origin.network,
    strategy=counting.NAME,
    default_limits=[visits.most],
    default_limits_exempt_when=visits.is_exempt,
)


def start(app: Flask, settings: Settings) -> None:
    """Count in Redis; while that is unavailable, in this process's memory."""
    options = redis_tries.options(settings.redis_url)
    redis = redis_servers.client(settings.redis_url, **options)
    app.config.update(
        RATELIMIT_ENABLED=settings.ratelimit_enabled,
        RATELIMIT_STORAGE_URI="redis://",  # where it is, the pool knows
        RATELIMIT_STORAGE_OPTIONS={"connection_pool": redis.connection_pool, **options},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_KEY_PREFIX="gatehouse",
    )
    limiter.init_app(app)
    app.teardown_request(counting.settle)


def guesses(whose: suspects.Whose) -> Callable[[View], View]:
    """The limits on guessing an account's password or code, shared by all views that take one.

    10 in 15 minutes from one place, where a browser that has signed in before is a place of its
    own: no stranger can use up its tries (ASVS 6.3.1). 100 an hour from all other places together.
    """
    from_one_place = limiter.shared_limit(
        "10 per 15 minutes",
        scope=f"{counting.GUESSES} at account",
        key_func=lambda: suspects.digest(
            f"{_suspect(whose).name}|{_device(whose) or origin.network()}"
        ),
        deduct_when=unless(was_guess),
    )
    from_anywhere = limiter.shared_limit(
        "100 per hour",
        scope=f"{counting.GUESSES} at account from anywhere",
        key_func=lambda: suspects.digest(_suspect(whose).name),
        deduct_when=unless(was_guess),
        exempt_when=lambda: _device(whose) is not None,
    )
    return lambda view: from_one_place(from_anywhere(view))  # type: ignore[return-value]


def sign_ins(whose: suspects.Whose) -> Callable[[View], View]:
    """The limits of signing in: those of guesses, and 60 refusals a minute from one network.

    If a whole company is one network, or a proxy was not declared, anybody there could use up the
    latter for everybody. A browser that has signed in to the account before is therefore exempt.
    """
    by_network = limiter.limit(
        "60 per minute;600 per hour",
        deduct_when=unless(was_refused),
        exempt_when=lambda: _device(whose) is not None,
    )
    return lambda view: by_network(guesses(whose)(view))  # type: ignore[return-value]


def _suspect(whose: suspects.Whose) -> Suspect:
    if "suspect" not in g:
        g.suspect = whose()
    suspect: Suspect = g.suspect
    return suspect


def _device(whose: suspects.Whose) -> str | None:
    user = _suspect(whose).user
    return known_devices.mark(user) if user else None


def invitation() -> str:
    """The invitation of the link: guesses at its account's password count together."""
    try:
        return str(links.read(suspects.sent("token")[:2000]).invitation_id)
    except NotFound:
        return origin.network()


def caller() -> str:
    """The key or token that a program sends, valid or not; without one, its network."""
    credentials = request.headers.get("Authorization")
    return suspects.digest(credentials) if credentials else origin.network()


def myself() -> str:
    """The signed-in user, wherever the request comes from."""
    return f"user {scope.me().id}"


def join_code() -> str:
    """The code in the address of a join link, however it is written."""
    typed = str((request.view_args or {}).get("code", ""))
    return suspects.digest(codes.read(typed) or "")


def headers() -> list[tuple[str, str]]:
    """How many calls are left, by the limit that is nearest.

    The names are those of draft-ietf-httpapi-ratelimit-headers, and those that most clients know.
    """
    current = limiter.current_limits
    if not current:
        return []
    nearest = min(current, key=lambda limit: limit.remaining)
    left, seconds = max(0, nearest.remaining), max(1, int(nearest.reset_at - time.time()) + 1)
    return [
        ("RateLimit-Policy", f'"api";q={nearest.limit.amount};w={nearest.limit.get_expiry()}'),
        ("RateLimit", f'"api";r={left};t={seconds}'),
        ("X-RateLimit-Limit", str(nearest.limit.amount)),
        ("X-RateLimit-Remaining", str(left)),
        ("X-RateLimit-Reset", str(seconds)),
    ]


def seconds_left() -> int:
    """Seconds until the exceeded limit starts again; at least 1."""
    exceeded = limiter.current_limit
    return max(1, int(exceeded.reset_at - time.time()) + 1) if exceeded else 60


# In addition to the account's limits: the holder of a link is slowed whatever their network.
guesses_by_link = limiter.shared_limit(
    "10 per 15 minutes",
    scope=f"{counting.GUESSES} by link",
    key_func=invitation,
    deduct_when=unless(was_guess),
)
answers = limiter.limit("60 per minute;600 per hour", deduct_when=unless(was_refused))
exports = limiter.limit("10 per hour", key_func=myself)
checks = limiter.limit("120 per minute", key_func=myself)
uploads = limiter.limit("60 per hour", key_func=myself)
webhooks = limiter.limit("60 per minute;600 per hour", deduct_when=unless(was_not_signed))
# Only what failed counts: all people of an organization may be behind one program's address.
programs = limiter.limit("300 per minute", deduct_when=unless(was_not_signed))
csp_reports = limiter.limit("60 per minute")
entries = limiter.limit("120 per minute", key_func=myself)
lookups = limiter.limit("60 per hour", key_func=myself)
previews = limiter.limit("180 per minute", key_func=myself)
openings = limiter.limit("300 per minute", deduct_when=unless(was_refused))
# A stranger who knows a key could find out by trying which password was sent with it.
other_requests = limiter.shared_limit(
    "10 per 15 minutes", scope="other requests", deduct_when=unless(was_other_request)
)
calls = limiter.shared_limit("600 per minute", scope="api", key_func=caller)
unknown_calls = limiter.shared_limit("900 per minute", scope="api", deduct_when=unless(was_unknown))
# Trying codes, whichever page of them it is.
join_codes = limiter.shared_limit(
    "60 per minute;600 per hour", scope="join codes", deduct_when=unless(was_unknown_code)
)
# Every request counts: each may send a mail. A class or a meeting is often one network.
joins = limiter.limit("60 per minute;600 per hour")
joins_by_link = limiter.limit("120 per minute;600 per hour", key_func=join_code)
# Every request counts: none is refused but for its form, and each makes work for admins.
asks = limiter.limit("10 per minute;60 per hour")
# Every request counts: none is refused, and each may send a mail.
resets = limiter.limit("10 per minute;60 per hour")
