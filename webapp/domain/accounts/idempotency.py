"""Requests that may be repeated: one effect, and the same answer again.

As draft-ietf-httpapi-idempotency-key-header says for programs, and alike for a page's form that is
sent twice. A request is claimed before it is done, in a transaction of its own, and its answer is
kept: for a day, or minutes where a person pressed. What was refused did nothing and is not kept:
repeating it asks the rules again.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, or_, select, update

from webapp import clock, encryption, signing
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.domain.errors import Refusal
from webapp.models import IdempotentRequest
from webapp.upserts import upsert


class Kind(NamedTuple):
    """Who repeats requests: a mark at the front of their digests, and how long answers are kept."""

    mark: str
    kept: timedelta


PROGRAMS = Kind("", timedelta(hours=24))
FORMS = Kind("form-", timedelta(minutes=5))
LEASE = timedelta(minutes=2)  # longer than a web server lets a request live
KEY = re.compile(r"[!-~]{1,255}")
PURPOSE = "idempotent request"


class BadKey(Refusal):
    """The Idempotency-Key is no text that could be one."""

    status = 400


class UnderWay(Refusal):
    """The same request is being done at this moment."""

    status = 409


class OtherRequest(Refusal):
    """The key came with another request before."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do a request now; `lease` says whose it is."""

    request_id: int
    lease: Any
    purpose: str


def begin(owner: str, key: str, sent: bytes, kind: Kind = PROGRAMS) -> Claim | Any:
    """A Claim on the request, or the answer that it was given before.

    `owner` keeps the keys of different callers apart, `sent` is all that the request says.
    Raises BadKey, UnderWay, or OtherRequest when the key came with something else before.
    """
    purpose = _purpose(owner, key)
    return _begin(_digest(purpose, kind), hashlib.sha256(sent).hexdigest(), purpose, kind.kept)


def given(owner: str, key: str, kind: Kind) -> Any | None:
    """The answer that the request was given before; None when it is still to be done.

    Raises UnderWay while it is being done. Changes nothing, and waits for nobody.
    """
    db.session.rollback()  # what was read before would be read again
    purpose, now = _purpose(owner, key), clock.now()
    query = select(IdempotentRequest).where(IdempotentRequest.digest == _digest(purpose, kind))
    found = db.session.scalar(query.execution_options(populate_existing=True))
    if found is None or found.created_at <= now - kind.kept:
        return None
    if found.answer is not None:
        return json.loads(encryption.decrypt(purpose, found.answer))
    if now < found.lease_until:
        raise _under_way()
    return None


@transaction()
def _begin(digest: str, sent: str, purpose: str, kept: timedelta) -> Claim | Any:
    now = clock.now()
    lease = now + LEASE
    mark = signing.mark(PURPOSE, sent)
    values = {
        "digest": digest,
        "fingerprint": mark,
        "created_at": now,
        "lease_until": lease,
    }
    made = upsert(IdempotentRequest, values, on=["digest"], returning=[IdempotentRequest.id])
    new = made.scalar()
    if new is not None:
        return Claim(new, lease, purpose)
    query = select(IdempotentRequest).where(IdempotentRequest.digest == digest).with_for_update()
    found = db.session.scalar(query.execution_options(populate_existing=True))
    if found is None:  # it was let go of at this very moment
        raise _under_way()
    if found.created_at <= now - kept:
        found.answer, found.created_at, found.lease_until = None, now, lease
        found.fingerprint = mark
        return Claim(found.id, lease, purpose)
    if not signing.is_marked(PURPOSE, sent, found.fingerprint):
        raise OtherRequest("This Idempotency-Key came with another request before. Use a new one.")
    if found.answer is not None:
        return json.loads(encryption.decrypt(purpose, found.answer))
    if now < found.lease_until:
        raise _under_way()
    found.lease_until = lease
    return Claim(found.id, lease, purpose)


@transaction()
def settle(claim: Claim, answer: Any) -> None:
    """Keep the answer for whoever repeats the request; sealed, as it may hold links and tokens."""
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
def let_go(claim: Claim) -> None:
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
    """Drop what nobody repeats any more; returns how many."""
    digest, made = IdempotentRequest.digest, IdempotentRequest.created_at
    now = clock.now()
    of_a_form = and_(digest.startswith(FORMS.mark), made < now - FORMS.kept)
    old = delete(IdempotentRequest).where(or_(made < now - PROGRAMS.kept, of_a_form))
    return int(db.session.execute(old).rowcount)  # type: ignore[attr-defined]


def _purpose(owner: str, key: str) -> str:
    known = key.strip().removeprefix('"').removesuffix('"')
    if not KEY.fullmatch(known):
        raise BadKey("An Idempotency-Key has 1 to 255 printable ASCII characters, and no space.")
    # Whoever has the database and our key, but not the caller's, cannot open the answer.
    return f"{PURPOSE} {owner} {known}"


def _digest(purpose: str, kind: Kind) -> str:
    return (kind.mark + hashlib.sha256(purpose.encode()).hexdigest())[:64]


def _under_way() -> UnderWay:
    return UnderWay("The same request is being done at this moment. Repeat it in a second.")
