"""Tokens: a program gets them for a code, changes them, and learns by them who somebody is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from webapp import clock
from webapp.db import transaction
from webapp.domain.openid import fresh_tokens, keys, subjects, visit_checks
from webapp.domain.openid.credentials import Owner
from webapp.domain.openid.faults import Fault
from webapp.domain.openid.fresh_tokens import ACCESS, Fresh
from webapp.domain.openid.keys import Signer
from webapp.signing import digest

LONGEST = 200  # characters of a token
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a program gets; `claims` become its id_token."""

    access: str
    refresh: str
    scope: str
    claims: dict[str, Any]
    signer: Signer | None

    def body(self) -> dict[str, Any]:
        """The answer of RFC 6749 5.1; signs the id_token."""
        return {
            "access_token": self.access,
            "token_type": "Bearer",
            "expires_in": int(ACCESS.total_seconds()),
            "refresh_token": self.refresh,
            "scope": self.scope,
            "id_token": keys.sign(self.claims, by=self.signer),
        }


def redeem(owner: Owner, code: str, redirect_uri: str, verifier: str) -> Tokens:
    """Tokens for a code; its second use ends those of the first. Raises Fault."""
    tokens = _redeem(owner, code, redirect_uri, verifier)
    if tokens is None:
        raise _no_code()
    return tokens


@transaction()
def _redeem(owner: Owner, code: str, redirect_uri: str, verifier: str) -> Tokens | None:
    fresh = Fresh.of(secrets.token_urlsafe(24))
    is_first = fresh.use(owner, digest(code))
    visit = visit_checks.of_code(owner, digest(code))
    if visit is None or visit.redirect_uri != redirect_uri or not _answers(visit, verifier):
        raise _no_code()
    if not is_first and visit.used_at is not None:
        fresh_tokens.end(visit)
        return None
    if not is_first or visit_checks.is_over(visit):
        raise _no_code()
    return _issued(owner, visit, fresh, {"nonce": visit.nonce} if visit.nonce else {})


def refresh(owner: Owner, token: str, scope: str) -> Tokens:
    """New tokens for a refresh token, which ends with it; an earlier one ends the visit."""
    tokens = _refresh(owner, token, scope)
    if tokens is None:
        raise _no_refresh()
    return tokens


@transaction()
def _refresh(owner: Owner, token: str, scope: str) -> Tokens | None:
    fresh = Fresh.of(token.partition(".")[0])
    is_newest = fresh.rotate(owner, token)
    visit = visit_checks.of_family(owner, digest(fresh.family))
    if visit is None or visit_checks.is_over(visit):
        raise _no_refresh()
    if not is_newest:
        fresh_tokens.end(visit)
        return None
    if not set(scope.split()) <= {*visit.scope.split()}:
        raise Fault("invalid_scope", "the scope is wider than what was granted")
    return _issued(owner, visit, fresh, {})


def told(token: str) -> dict[str, Any] | None:
    """What the program with this access token may know about the person now; None: nothing."""
    visit = visit_checks.of_access(digest(token)) if len(token) <= LONGEST else None
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


def _issued(owner: Owner, visit: Row[Any], fresh: Fresh, more: dict[str, Any]) -> Tokens:
    claims = _id_token(owner, visit, fresh.now) | more
    return Tokens(fresh.access, fresh.refresh, visit.scope, claims, keys.signer(visit))


def _id_token(owner: Owner, visit: Row[Any], now: datetime) -> dict[str, Any]:
    return {
        "iss": keys.issuer(),
        "aud": owner.client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + ACCESS).timestamp()),
        "auth_time": int(visit.signed_in_at.timestamp()),
        "sid": visit.sid,
        **subjects.claims(visit),
    }


def _no_code() -> Fault:
    return Fault("invalid_grant", "the code is unknown, was used before, or is too old")


def _no_refresh() -> Fault:
    return Fault("invalid_grant", "the refresh token is unknown, was used before, or is over")
