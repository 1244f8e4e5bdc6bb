"""Backups in tests: PostgreSQL's programs on PATH, and what restores leave behind."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.support import outages
from tools import find

OWN = {".db-wal", ".db-shm", ".db-writer"}  # of the database itself


def path() -> str:
    """PATH with the pg_dump and pg_restore of the tests' own PostgreSQL first."""
    programs = find.postgres_bin()
    assert programs, "no PostgreSQL: see requirements-dev.txt"
    return f"{programs}:{os.environ['PATH']}"


def names(url: str) -> list[str]:
    """The names of the database and of what restores have made beside it."""
    if url.startswith("sqlite"):
        file = Path(make_url(url).database or "")
        beside = [f for f in file.parent.glob(f"{file.name}*") if f.suffix not in OWN]
        return sorted(one.name for one in beside)
    name = make_url(url).database
    with _server(url) as connection:
        query = "SELECT datname FROM pg_database WHERE datname LIKE %s"
        rows = connection.execute(query, (f"{name}%",)).fetchall()
        return sorted(row[0] for row in rows)


def clear(url: str) -> None:
    """Remove what restores have made beside the database."""
    own = make_url(url).database or ""
    if url.startswith("sqlite"):
        for name in names(url):
            if ".before_" in name or ".restoring" in name:
                Path(own).with_name(name).unlink()
        return
    with _server(url) as connection:
        for name in set(names(url)) - {own}:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def lose(app: Flask, url: str) -> None:
    """The database is gone, as after a lost disk."""
    outages.renew(app)
    name = make_url(url).database or ""
    if url.startswith("sqlite"):
        for end in ("", "-wal", "-shm"):
            Path(f"{name}{end}").unlink(missing_ok=True)
        return
    with _server(url) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _server(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql", database="postgres")
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)
