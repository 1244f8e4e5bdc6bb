"""Tokens: a program gets them for a code, changes them, and learns by them who somebody is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import Any

from sqlalchemy import Row

from webapp import clock
from webapp.domain.openid import fresh_tokens, keys, subjects, visit_checks, visits
from webapp.domain.openid.credentials import Credentials
from webapp.domain.openid.faults import Fault
from webapp.domain.openid.fresh_tokens import Fresh
from webapp.signing import digest

LONGEST = 200  # characters of a token
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def redeem(program: Credentials, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
    """Tokens for a code; its second use ends those of the first. Raises Fault."""
    visit = visit_checks.of_code(program, code)
    if visit is None or visit.redirect_uri != redirect_uri or not _answers(visit, verifier):
        raise _no_code()
    is_unused = visit.used_at is None
    if is_unused and (visits.is_stale(visit) or visit_checks.is_over(visit)):
        raise _no_code()
    fresh = Fresh.of(secrets.token_urlsafe(24))
    if not (is_unused and fresh.use(visit)):
        fresh_tokens.end(visit)
        raise _no_code()
    return _given(visit, fresh, {"nonce": visit.nonce} if visit.nonce else {})


def refresh(program: Credentials, token: str, scope: str) -> dict[str, Any]:
    """New tokens for a refresh token, which ends with it; an earlier one ends the visit."""
    fresh = Fresh.of(token.partition(".")[0])
    visit = visit_checks.of_family(program, fresh.family)
    if visit is None or visit_checks.is_over(visit):
        raise _no_refresh()
    is_newest = visit.refresh_digest == digest(token)
    if is_newest and not set(scope.split()) <= {*visit.scope.split()}:
        raise Fault("invalid_scope", "the scope is wider than what was granted")
    if not (is_newest and fresh.rotate(visit)):
        fresh_tokens.end(visit)
        raise _no_refresh()
    return _given(visit, fresh, {})


def told(token: str) -> dict[str, Any] | None:
    """What the program with this access token may know about the person now; None: nothing."""
    visit = visit_checks.of_access(token) if len(token) <= LONGEST else None
    if visit is None or visit.access_until is None or visit.access_until <= clock.now():
        return None
    return None if visit_checks.is_over(visit) else subjects.claims(visit)


def _answers(visit: Row[Any], verifier: str) -> bool:
    """Whether the verifier is the one whose SHA-256 came with the request (RFC 7636)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    hashed = hashlib.sha256(verifier.encode("ascii")).digest()
    challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")
    return hmac.compare_digest(challenge, visit.code_challenge)


def _given(visit: Row[Any], fresh: Fresh, more: dict[str, Any]) -> dict[str, Any]:
    """The answer of RFC 6749 5.1, with an id_token."""
    until = fresh.until(visit)
    claims = {
        "iss": keys.issuer(),
        "aud": visit.client_id,
        "iat": int(fresh.now.timestamp()),
        "exp": int(until.timestamp()),
        "auth_time": int(visit.signed_in_at.timestamp()),
        "sid": visit.sid,
        **subjects.claims(visit),
        **more,
    }
    return {
        "access_token": fresh.access,
        "token_type": "Bearer",
        "expires_in": int((until - fresh.now).total_seconds()),
        "refresh_token": fresh.refresh,
        "scope": visit.scope,
        "id_token": keys.sign(claims, by=keys.signer(visit)),
    }


def _no_code() -> Fault:
    return Fault("invalid_grant", "the code is unknown, was used before, or is too old")


def _no_refresh() -> Fault:
    return Fault("invalid_grant", "the refresh token is unknown, was used before, or is over")
