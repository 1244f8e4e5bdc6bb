"""The chain of seals over the trail of events, one for each organization: docs/auditing.md.

An event is sealed as the last act of its own transaction: every event has a seal, and the end of a
chain is locked only while that commits.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select

from webapp import config, encryption, inserts
from webapp.db import before_commit, db, transaction
from webapp.domain import upkeep
from webapp.models import EventSeal, TrailHead
from webapp.upserts import statement

NOBODYS = 0  # the chain of what belongs to no organization
BEGIN = bytes(32)
# Personal values, which may be erased. Another name here, and sealed lines fail to verify.
PERSONAL = frozenset({"email", "reason", "words"})
LINE = ("organization_id", "line", "event_id", "seal", "commitment", "salt")
END = ("lines", "seal", "proof", "keys", "broken_line")
COLUMNS = ("name", "actor", "actor_id", "invitation_id", "request_id", "person_id")

_seals: Any = EventSeal.__table__
_heads: Any = TrailHead.__table__
_AS_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
# Built once: they run with every event.
_HELD = select(_heads).where(_heads.c.organization_id == bindparam("chain")).with_for_update()
_MOVE = (
    _heads.update()
    .where(_heads.c.organization_id == bindparam("chain"))
    .values({name: bindparam(f"new_{name}") for name in END})
)
# PostgreSQL does both in one round trip; each is a tenth of a millisecond while others wait.
_ADD_AND_MOVE = (
    _seals.insert()
    .values({column.name: bindparam(f"line_{column.name}") for column in _seals.columns})
    .add_cte(_MOVE.cte("moved"))
)

Fact = Mapping[str, Any]  # an event's columns by name


class Unsealed(NamedTuple):
    """An event of the present transaction: its id, and its columns."""

    event_id: int
    fact: Fact


def add(event_id: int, fact: Fact) -> None:
    """Have the event sealed with the transaction that writes it."""
    before_commit(_seal, Unsealed(event_id, fact))


def add_many(events: Iterable[tuple[int, Fact]]) -> None:
    """The same for many events."""
    before_commit(_seal, *map(Unsealed._make, events))


def purpose(chain: int) -> str:
    """What the keys of a chain are encrypted for."""
    return f"trail of {chain}"


def opened(chain: int, sealed: str) -> bytes | None:
    """A key of the chain, decrypted; None when no known SECRET_KEY opens it."""
    return encryption.stored_key(purpose(chain), sealed)


def personal(fact: Fact) -> dict[str, Any]:
    """The values of an event that say who somebody is."""
    values = {name: value for name, value in _data(fact).items() if name in PERSONAL}
    return {**values, "key": fact["email_key"]}


def commitment(salt: bytes, fact: Fact) -> bytes:
    """The digest that is sealed instead of the personal values."""
    return hashlib.sha256(salt + _plain(personal(fact))).digest()


def seal(
    key: bytes, before: bytes, chain: int, line: int, event_id: int, fact: Fact, committed: bytes
) -> bytes:
    """The seal of a line: HMAC-SHA256 (RFC 2104) over the line before it and all of the event."""
    public: object = {name: v for name, v in _data(fact).items() if name not in PERSONAL}
    if not isinstance(fact["data"], dict):
        public = fact["data"]  # somebody altered it
    at = fact["at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = _plain([chain, line, event_id, at, *(fact[name] for name in COLUMNS), public])
    return hmac.digest(key, before + committed + text, hashlib.sha256)


def proof(key: bytes, chain: int, lines: int, last: bytes, broken: int | None) -> bytes:
    """The signature of a chain's end."""
    return hmac.digest(key, _plain(["end", chain, lines, last.hex(), broken]), hashlib.sha256)


@upkeep.renews
def renew_keys() -> int:
    """Encrypt the chains' keys with the present SECRET_KEY, while an earlier one is known."""
    if not config.current().secret_key_fallbacks:
        return 0
    chains = db.session.scalars(select(TrailHead.organization_id)).all()
    return sum(_renew(chain) for chain in chains)


@transaction()
def _renew(chain: int) -> bool:
    head = db.session.get_one(TrailHead, chain, with_for_update=True, populate_existing=True)
    keys = [
        encryption.reencrypt(purpose(chain), sealed) if opened(chain, sealed) else sealed
        for sealed in head.keys.split()
    ]
    head.keys = "\n".join(keys)
    return True


def _seal(unsealed: list[Unsealed]) -> None:
    """Extend the chains, always in the same order, so that two transactions never deadlock."""
    db.session.flush()
    chains: dict[int, list[tuple[int, Fact]]] = {}
    for event_id, fact in unsealed:
        chains.setdefault(fact["organization_id"] or NOBODYS, []).append((event_id, fact))
    for chain in sorted(chains):
        _extend(chain, sorted(chains[chain], key=lambda event: event[0]))


def _extend(chain: int, events: list[tuple[int, Fact]]) -> None:
    head = _head(chain)
    line, last, keys, broken = head.lines, head.seal, head.keys.split(), head.broken_line
    key = opened(chain, keys[-1]) if keys else None
    if key is None or not hmac.compare_digest(proof(key, chain, line, last, broken), head.proof):
        # A new chain, or an end that we did not write. Events are still sealed, with a new key, and
        # `audit verify` says from which line on.
        key = secrets.token_bytes(32)
        keys.append(encryption.encrypt(purpose(chain), key.hex()))
        line = max(line, _last_line(chain))
        broken = (broken or line + 1) if len(keys) > 1 or line else None
    rows = []
    for event_id, fact in events:
        line += 1
        rows.append(_sealed(key, last, chain, line, event_id, fact))
        last = rows[-1]["seal"]
    end = (line, last, proof(key, chain, line, last, broken), "\n".join(keys), broken)
    moved = {f"new_{name}": value for name, value in zip(END, end, strict=True)}
    _write(rows, {"chain": chain, **moved})


def _sealed(
    key: bytes, before: bytes, chain: int, line: int, event_id: int, fact: Fact
) -> dict[str, Any]:
    salt = secrets.token_bytes(16)
    committed = commitment(salt, fact)
    sealed = seal(key, before, chain, line, event_id, fact, committed)
    return dict(zip(LINE, (chain, line, event_id, sealed, committed, salt), strict=True))


def _write(rows: list[dict[str, Any]], moved: dict[str, Any]) -> None:
    connection = db.session.connection()
    if len(rows) == 1 and connection.dialect.name == "postgresql":
        added = {f"line_{name}": value for name, value in rows[0].items()}
        connection.execute(_ADD_AND_MOVE, {**added, **moved})
    else:
        inserts.insert_many(_seals, rows)
        connection.execute(_MOVE, moved)


def _head(chain: int) -> Any:
    """The chain's end, locked; made when there is none."""
    connection = db.session.connection()
    head = connection.execute(_HELD, {"chain": chain}).first()
    if head is None:
        values = {"organization_id": chain, "lines": 0, "seal": BEGIN, "proof": b"", "keys": ""}
        connection.execute(statement(connection.dialect.name, TrailHead), values)
        head = connection.execute(_HELD, {"chain": chain}).one()
    return head


def _last_line(chain: int) -> int:
    query = select(func.max(_seals.c.line)).where(_seals.c.organization_id == chain)
    return db.session.scalar(query) or 0


def _data(fact: Fact) -> dict[str, Any]:
    return fact["data"] if isinstance(fact["data"], dict) else {}


def _plain(value: Any) -> bytes:
    return _AS_JSON.encode(value).encode("ascii")
