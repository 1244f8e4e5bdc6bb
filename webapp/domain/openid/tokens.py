"""Tokens: a program gets them for a code, changes them, and learns by them who somebody is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from webapp import clock
from webapp.db import transaction
from webapp.domain.openid import keys, subjects, visits
from webapp.domain.openid.clients import digest
from webapp.domain.openid.faults import Fault
from webapp.domain.openid.visits import Owner
from webapp.models import OidcClient, OidcVisit

ACCESS = timedelta(minutes=10)
LONGEST = 200  # characters of a token
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a program gets; `claims` become its id_token."""

    access: str
    refresh: str
    scope: str
    claims: dict[str, Any]

    def body(self) -> dict[str, Any]:
        """The answer of RFC 6749 5.1; signs the id_token."""
        return {
            "access_token": self.access,
            "token_type": "Bearer",
            "expires_in": int(ACCESS.total_seconds()),
            "refresh_token": self.refresh,
            "scope": self.scope,
            "id_token": keys.sign(self.claims),
        }


def redeem(client: OidcClient, code: str, redirect_uri: str, verifier: str) -> Tokens:
    """Tokens for a code; its second use ends those of the first. Raises Fault."""
    tokens = _redeem(Owner.of(client), code, redirect_uri, verifier)
    if tokens is None:
        raise Fault("invalid_grant", "the code is unknown, was used before, or is too old")
    return tokens


@transaction()
def _redeem(owner: Owner, code: str, redirect_uri: str, verifier: str) -> Tokens | None:
    visit = visits.of_code(owner, digest(code))
    if visit is None or visit.redirect_uri != redirect_uri or not _answers(visit, verifier):
        return None
    if visit.used_at is not None:
        visits.end(visit)
        return None
    if clock.now() >= visit.created_at + visits.CODE or visits.is_over(visit):
        return None
    visit.used_at = clock.now()
    family = secrets.token_urlsafe(24)
    visit.family_digest = digest(family)
    return _issue(owner, visit, family, {"nonce": visit.nonce} if visit.nonce else {})


def refresh(client: OidcClient, token: str, scope: str) -> Tokens:
    """New tokens for a refresh token, which ends with it; an earlier one ends the visit."""
    tokens = _refresh(Owner.of(client), token, scope)
    if tokens is None:
        raise Fault("invalid_grant", "the refresh token is unknown, was used before, or is over")
    return tokens


@transaction()
def _refresh(owner: Owner, token: str, scope: str) -> Tokens | None:
    family = token.partition(".")[0]
    visit = visits.of_family(owner, digest(family))
    if visit is None or visits.is_over(visit):
        return None
    if not hmac.compare_digest(visit.refresh_digest or "", digest(token)):
        visits.end(visit)
        return None
    if not set(scope.split()) <= {*visit.scope.split()}:
        raise Fault("invalid_scope", "the scope is wider than what was granted")
    return _issue(owner, visit, family, {})


def told(token: str) -> dict[str, Any] | None:
    """What the program with this access token may know about the person now; None: nothing."""
    visit = visits.of_access(digest(token)) if len(token) <= LONGEST else None
    if visit is None or visit.access_until is None or visit.access_until <= clock.now():
        return None
    return None if visits.is_over(visit) else subjects.claims(visit)


def _answers(visit: OidcVisit, verifier: str) -> bool:
    """Whether the verifier is the one whose SHA-256 came with the request (RFC 7636)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    hashed = hashlib.sha256(verifier.encode("ascii")).digest()
    challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")
    return hmac.compare_digest(challenge, visit.code_challenge)


def _issue(owner: Owner, visit: OidcVisit, family: str, more: dict[str, Any]) -> Tokens:
    now, access = clock.now(), secrets.token_urlsafe(32)
    token = f"{family}.{secrets.token_urlsafe(32)}"
    visit.access_digest, visit.refresh_digest = digest(access), digest(token)
    visit.access_until = min(now + ACCESS, visit.ends_at)
    return Tokens(access, token, visit.scope, _id_token(owner, visit, now) | more)


def _id_token(owner: Owner, visit: OidcVisit, now: datetime) -> dict[str, Any]:
    return {
        "iss": keys.issuer(),
        "aud": owner.client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + ACCESS).timestamp()),
        "auth_time": int(visit.signed_in_at.timestamp()),
        "sid": visit.sid,
        **subjects.claims(visit),
    }
