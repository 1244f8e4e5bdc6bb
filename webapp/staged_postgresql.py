"""A PostgreSQL database beside the present one; both are renamed in one transaction."""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from webapp import postgres_programs
from webapp.backup_errors import IN_USE, BackupError

LONGEST_NAME = 63  # bytes of a name in PostgreSQL


class PostgreSQLStage:
    """Another database of the same server; both are renamed in one transaction."""

    def __init__(self, url: URL) -> None:
        self._server = url.set(database="postgres")
        self._present = url.database or ""
        self._draft = f"{self._present[: LONGEST_NAME - 10]}_restoring"
        self.url = url.set(database=self._draft)

    def has_present(self) -> bool:
        """Whether there is a database of that name."""
        return bool(self._ask("SELECT 1 FROM pg_database WHERE datname = %s", self._present))

    def refuse_used(self) -> None:
        """Raise BackupError while others are connected."""
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        ((others,),) = self._ask(query, self._present)
        if others:
            raise BackupError(IN_USE.format(f"{others} other connections"))

    def fill(self, file: Path) -> None:
        """Make the database and restore the dump into it; raises BackupError."""
        self.drop()
        try:
            with postgres_programs.explained(), postgres_programs.connect(self._server) as own:
                own.execute(sql.SQL("CREATE DATABASE {} {}").format(*self._like_present(own)))
        except BackupError as error:
            words = "The user in DATABASE_URL must be allowed to make databases (CREATEDB)."
            raise BackupError(f"{error} {words}") from None
        postgres_programs.run(
            "pg_restore",
            self.url,
            *("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"),
            str(file),
        )

    def swap(self, before: str) -> str | None:
        """Rename both databases in one transaction."""
        kept = f"{self._present[: LONGEST_NAME - 31]}_{before}"
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        had_present = self.has_present()
        with (
            postgres_programs.explained(),
            postgres_programs.connect(self._server) as own,
            own.transaction(),
        ):
            if had_present:
                own.execute(rename.format(*map(sql.Identifier, (self._present, kept))))
            own.execute(rename.format(*map(sql.Identifier, (self._draft, self._present))))
        return f"the database {kept}" if had_present else None

    def drop(self) -> None:
        """Drop the database; only a restore makes one of this name."""
        with postgres_programs.explained(), postgres_programs.connect(self._server) as own:
            own.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(self._draft)))

    def _like_present(self, own: psycopg.Connection[tuple[object, ...]]) -> list[sql.Composable]:
        """The new database's name, and the order of letters of the present one."""
        found = own.execute(
            "SELECT datcollate, datctype FROM pg_database WHERE datlocprovider = 'c'"
            " AND datname = %s",
            (self._present,),
        ).fetchone()
        options: sql.Composable = sql.SQL("TEMPLATE template0 ENCODING 'UTF8'")
        if found:
            collate, ctype = map(sql.Literal, found)
            options += sql.SQL(" LC_COLLATE {} LC_CTYPE {}").format(collate, ctype)
        return [sql.Identifier(self._draft), options]

    def _ask(self, query: str, *values: str) -> list[tuple[object, ...]]:
        with postgres_programs.explained(), postgres_programs.connect(self._server) as own:
            return own.execute(query.encode(), values).fetchall()
