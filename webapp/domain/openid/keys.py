"""The keys that sign what we tell applications (RS256), and how each gives way to the next."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import Row, bindparam, func, select

from webapp import clock, config, encryption
from webapp.config import Settings
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.models import OidcKey

PURPOSE = "openid key"
ALGORITHM = "RS256"
BITS = 2048
AHEAD = timedelta(days=1)  # how long a key is published before it signs
KEPT = timedelta(days=31)  # after its last signature; no session that it told of lasts longer
LONGEST = 8000  # characters of a token that is shown to us

# The newest key whose day has come, for a statement that reads other things as well.
SIGNING = (OidcKey.kid, OidcKey.private)
_NEWEST = (
    select(OidcKey.id)
    .where(
        OidcKey.signs_from <= bindparam("now"),
        OidcKey.retires_at.is_(None) | (OidcKey.retires_at > bindparam("now")),
    )
    .order_by(OidcKey.number.desc())
    .limit(1)
)
IS_SIGNING = OidcKey.id == _NEWEST.scalar_subquery()

log = logging.getLogger("gatehouse.openid")


class Signer(NamedTuple):
    """A key that signs, by its name."""

    kid: str
    key: RSAKey


class MadeMeanwhile(Exception):
    """Another process has just made the next key."""


def published() -> list[dict[str, Any]]:
    """The JWK set: the keys that sign, will sign, or signed what may still be shown."""
    return [row.public for row in _rows()] or [_first().public]


def sign(claims: Mapping[str, Any], kind: str = "JWT", by: Signer | None = None) -> str:
    """The claims as a signed token (RFC 7519) that names its key; `by` spares looking for it."""
    kid, key = by or _signer()
    header = {"alg": ALGORITHM, "kid": kid, "typ": kind}
    return jwt.encode(header, dict(claims), key, algorithms=[ALGORITHM])


def signer(row: Row[Any]) -> Signer | None:
    """The key of a row that has SIGNING; None if there is none yet, or we cannot read it."""
    key = _opened(config.current(), row.private) if row.private else None
    return Signer(row.kid, key) if key else None


def read(token: str, kind: str = "JWT") -> dict[str, Any] | None:
    """The claims of a token that we signed, however old; None for any other text."""
    known = KeySet([RSAKey.import_key(row.public) for row in _rows()])
    if not known.keys or len(token) > LONGEST:
        return None
    try:
        found = jwt.decode(token, known, algorithms=[ALGORITHM])
    except (JoseError, ValueError):
        return None
    is_ours = found.header.get("typ") == kind and found.claims.get("iss") == issuer()
    return dict(found.claims) if is_ours else None


def issuer() -> str:
    """Who we are to programs: PUBLIC_URL."""
    return config.current().public_url


def rotate(*, at_once: bool = False) -> OidcKey:
    """Publish a new key that signs from tomorrow on.

    With `at_once` it signs now, and all others are withdrawn: for a key that was stolen.
    """
    made = RSAKey.generate_key(BITS)  # before the transaction: it takes a tenth of a second
    return _rotate(made, at_once)


@transaction({"uq_oidc_keys_number": MadeMeanwhile, "uq_oidc_keys_kid": MadeMeanwhile})
def _rotate(made: RSAKey, at_once: bool) -> OidcKey:
    now = clock.now()
    starts = now if at_once else now + AHEAD
    for row in db.session.scalars(select(OidcKey).with_for_update()):
        if at_once:
            row.retires_at = now
        elif row.retires_at is None:
            row.retires_at = starts + KEPT
    last = db.session.scalar(select(func.max(OidcKey.number)))
    kid = made.thumbprint()
    private = json.dumps(made.as_dict(private=True))
    new = OidcKey(
        number=(last or 0) + 1,
        kid=kid,
        public={**made.as_dict(private=False), "kid": kid, "use": "sig", "alg": ALGORITHM},
        private=encryption.encrypt(PURPOSE, private),
        published_at=now,
        signs_from=starts,
    )
    db.session.add(new)
    return new


@upkeep.renews
def renew_keys() -> int:
    """Encrypt the keys with the present SECRET_KEY, while an earlier one is known."""
    if not config.current().secret_key_fallbacks:
        return 0
    return sum(_renew(row_id) for row_id in db.session.scalars(select(OidcKey.id)).all())


@transaction()
def _renew(row_id: int) -> bool:
    row = db.session.get(OidcKey, row_id, with_for_update=True, populate_existing=True)
    if row is None or _opened(config.current(), row.private) is None:
        return False
    row.private = encryption.reencrypt(PURPOSE, row.private)
    return True


def _rows() -> Sequence[OidcKey]:
    """The published keys, the one that signs first, or will, last."""
    query = select(OidcKey).where(OidcKey.is_published(clock.now()))
    return db.session.scalars(query.order_by(OidcKey.number)).all()


def _signer() -> Signer:
    """The newest key whose day has come; a new one at once if there is none that we can read.

    If no day has come, a clock is behind that of whoever made the first key: that one will do.
    """
    now, settings = clock.now(), config.current()
    opened = [(row, _opened(settings, row.private)) for row in _rows()]
    known = [(row.signs_from, Signer(row.kid, key)) for row, key in opened if key is not None]
    if known:
        return next((by for starts, by in reversed(known) if starts <= now), known[0][1])
    row = _first()
    key = _opened(settings, row.private)
    assert key is not None  # noqa: S101 - just encrypted
    return Signer(row.kid, key)


def _first() -> OidcKey:
    """A key that signs at once, whichever process makes it."""
    try:
        return rotate(at_once=True)
    except MadeMeanwhile:
        return _rows()[-1]


@functools.lru_cache(maxsize=20)
def _opened(_settings: Settings, sealed: str) -> RSAKey | None:
    """The key for signing; None when no SECRET_KEY that we know decrypts it."""
    try:
        return RSAKey.import_key(json.loads(encryption.decrypt(PURPOSE, sealed)))
    except encryption.DecryptionError:
        log.error("a key for id_tokens cannot be decrypted: the SECRET_KEY of its time is gone")
        return None
