"""Requests that may be repeated: one effect, and the same answer again.

For programs as draft-ietf-httpapi-idempotency-key-header says, and likewise for a page's form that
is sent twice. A request is claimed before it is done, in a transaction of its own, and its answer
is kept: for a day, or for minutes if it was a form. A refused request did nothing and is not kept:
repeating it applies the rules again.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, or_, select, update

from webapp import clock, encryption, signing
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.domain.errors import Refusal
from webapp.models import IdempotentRequest
from webapp.upserts import upsert


class Source(NamedTuple):
    """Who sends requests: the prefix of their digests, and how long answers are kept."""

    mark: str
    retention: timedelta


PROGRAMS = Source("", timedelta(hours=24))
FORMS = Source("form-", timedelta(minutes=5))
LEASE = timedelta(minutes=2)  # longer than a web server lets a request live
KEY = re.compile(r"[!-~]{1,255}")
PURPOSE = "idempotent request"


_BY_DIGEST = (
    select(IdempotentRequest)
    .where(IdempotentRequest.digest == bindparam("digest"))
    .execution_options(populate_existing=True)
)


class BadKey(Refusal):
    """The Idempotency-Key is no text that could be one."""

    status = 400


class UnderWay(Refusal):
    """The same request is being done at this moment."""

    status = 409


class OtherRequest(Refusal):
    """The key came with another request before."""


@dataclass(frozen=True, slots=True)
class RequestClaim:
    """The right to do a request now; `lease` tells it from other claims."""

    request_id: int
    lease: Any
    purpose: str


def begin(owner: str, key: str, sent: bytes, source: Source = PROGRAMS) -> RequestClaim | Any:
    """A RequestClaim, or the answer that the request got before.

    `owner` keeps the keys of different callers apart, `sent` is all that the request says.
    Raises BadKey, UnderWay, or OtherRequest when the key came with something else before.
    """
    purpose = _purpose(owner, key)
    return _begin(
        _digest(purpose, source), hashlib.sha256(sent).hexdigest(), purpose, source.retention
    )


def earlier_answer(owner: str, key: str, source: Source) -> Any | None:
    """The answer that the request got before; None when it is still to be done.

    Raises UnderWay while it is being done. Changes nothing, and waits for nobody.
    """
    db.session.rollback()  # what was read before would be read again
    purpose, now = _purpose(owner, key), clock.now()
    row = db.session.scalar(_BY_DIGEST, {"digest": _digest(purpose, source)})
    if row is None or row.created_at <= now - source.retention:
        return None
    return _answer(row, purpose, now)


@transaction()
def _begin(digest: str, sent: str, purpose: str, retention: timedelta) -> RequestClaim | Any:
    now = clock.now()
    lease = now + LEASE
    mark = signing.mark(PURPOSE, sent)
    values = {"digest": digest, "fingerprint": mark, "created_at": now, "lease_until": lease}
    inserted = upsert(IdempotentRequest, values, on=["digest"], returning=[IdempotentRequest.id])
    new_id = inserted.scalar()
    if new_id is not None:
        return RequestClaim(new_id, lease, purpose)
    row = db.session.scalar(_BY_DIGEST.with_for_update(), {"digest": digest})
    if row is None:  # it was deleted at this very moment
        raise _under_way()
    if row.created_at <= now - retention:
        row.answer, row.created_at, row.fingerprint = None, now, mark
    elif not signing.is_marked(PURPOSE, sent, row.fingerprint):
        raise OtherRequest("This Idempotency-Key came with another request before. Use a new one.")
    elif (answer := _answer(row, purpose, now)) is not None:
        return answer
    row.lease_until = lease
    return RequestClaim(row.id, lease, purpose)


def _answer(row: IdempotentRequest, purpose: str, now: datetime) -> Any | None:
    if row.answer is not None:
        return json.loads(encryption.decrypt(purpose, row.answer))
    if now < row.lease_until:
        raise _under_way()
    return None


@transaction()
def settle(claim: RequestClaim, answer: Any) -> None:
    """Keep the answer for repeated requests; encrypted, as it may hold links and tokens."""
    sealed = encryption.encrypt(claim.purpose, json.dumps(answer))
    db.session.execute(
        update(IdempotentRequest)
        .where(
            IdempotentRequest.id == claim.request_id,
            IdempotentRequest.lease_until == claim.lease,
        )
        .values(answer=sealed)
    )


@transaction()
def let_go(claim: RequestClaim) -> None:
    """Forget a request that was refused: it had no effect."""
    db.session.execute(
        delete(IdempotentRequest).where(
            IdempotentRequest.id == claim.request_id,
            IdempotentRequest.lease_until == claim.lease,
        )
    )


@upkeep.forgets
@transaction()
def forget() -> int:
    """Drop requests that are too old to be repeated; returns how many."""
    digest, created_at = IdempotentRequest.digest, IdempotentRequest.created_at
    now = clock.now()
    old_form = and_(digest.startswith(FORMS.mark), created_at < now - FORMS.retention)
    old = delete(IdempotentRequest).where(or_(created_at < now - PROGRAMS.retention, old_form))
    return int(db.session.execute(old).rowcount)  # type: ignore[attr-defined]


def _purpose(owner: str, key: str) -> str:
    unquoted = key.strip().removeprefix('"').removesuffix('"')
    if not KEY.fullmatch(unquoted):
        raise BadKey("An Idempotency-Key has 1 to 255 printable ASCII characters, and no space.")
    # Without the caller's key, the database and our own key do not open the answer.
    return f"{PURPOSE} {owner} {unquoted}"


def _digest(purpose: str, source: Source) -> str:
    return (source.mark + hashlib.sha256(purpose.encode()).hexdigest())[:64]


def _under_way() -> UnderWay:
    return UnderWay("The same request is being done at this moment. Repeat it in a second.")
