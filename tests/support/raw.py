"""What stands in SQLite's file itself, whatever its tables say."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from webapp.db import db


def text() -> str:
    """Every byte of the database's file and its write-ahead log, without regard to case."""
    file = db.engine.url.database
    assert file
    log = Path(f"{file}-wal")
    parts = Path(file).read_bytes() + (log.read_bytes() if log.exists() else b"")
    return parts.decode("latin-1").lower()


def grams() -> set[str]:
    """The terms of all parts of the search's index, those of deleted rows as well.

    By "FTS5 file format": a leaf begins with two lengths, ends with where its terms are, and each
    term leaves out what it shares with the one before.
    """
    found = set()
    with sqlite3.connect(db.engine.url.database) as connection:  # type: ignore[arg-type]
        blocks = connection.execute("SELECT block FROM invitation_search_data WHERE id > 10")
        for (block,) in blocks.fetchall():
            found |= _terms(block)
    connection.close()
    return found


def _terms(block: bytes) -> set[str]:
    end = int.from_bytes(block[2:4], "big")
    found, place, step, term = set(), 0, end, b""
    while step < len(block):
        more, step = _varint(block, step)
        is_first, place = place == 0, place + more
        shared, at = (0, place) if is_first else _varint(block, place)
        length, at = _varint(block, at)
        term = term[:shared] + block[at : at + length]
        found.add(term[1:].decode("utf-8", "replace"))  # the first byte names the index
    return found


def _varint(block: bytes, at: int) -> tuple[int, int]:
    value = 0
    while True:
        value = value << 7 | block[at] & 0x7F
        at += 1
        if block[at - 1] < 0x80:
            return value, at
