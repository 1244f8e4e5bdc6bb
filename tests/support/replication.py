"""A real PostgreSQL and a streaming replica of it, as pg_basebackup makes one."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from sqlalchemy.engine import make_url

from tests.support.postgres import PostgresServer
from tests.support.processes import SECONDS, wait_until

STREAMING = ("wal_level=replica", "max_wal_senders=4", "synchronous_commit=local")


class Primary(PostgresServer):
    """A server that sends its log to replicas."""

    more_settings = STREAMING

    @property
    def source(self) -> str:
        """How a replica connects to it."""
        return f"host={self._data} user=postgres"

    def written(self) -> str:
        """The place in its log up to which all is on its way to replicas."""
        return str(self.ask("SELECT pg_current_wal_flush_lsn()"))

    def ask(self, statement: str) -> Any:
        """The one value that a statement gives."""
        with self._connect() as connection:
            return (connection.execute(statement.encode()).fetchone() or (None,))[0]

    def _run_initdb(self) -> None:
        super()._run_initdb()
        with (self._data / "pg_hba.conf").open("a") as rules:
            rules.write("local replication all trust\n")


class Replica(Primary):
    """A streaming replica of all databases of a primary."""

    def __init__(self, primary: Primary) -> None:
        self._primary = primary
        super().__init__()

    def url(self, database: str) -> str:
        """The URL here of the database at this URL of the primary."""
        name = make_url(database).database
        return f"postgresql+psycopg://postgres@/{name}?host={quote(str(self._data))}"

    def catch_up(self) -> None:
        """Wait until all that the primary has written can be read here."""
        written = self._primary.written()
        wait_until(lambda: self.ask(f"SELECT pg_last_wal_replay_lsn() >= '{written}'"))

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Inside the block nothing new can be read here; then all that has come in meanwhile."""
        self.ask("SELECT pg_wal_replay_pause()")
        wait_until(lambda: self.ask("SELECT pg_get_wal_replay_pause_state()") == "paused")
        try:
            yield
        finally:
            self.ask("SELECT pg_wal_replay_resume()")
        self.catch_up()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Inside the block it does not run."""
        self._process.send_signal(signal.SIGINT)  # a fast shutdown
        self._process.wait(SECONDS)
        try:
            yield
        finally:
            self._process = self._start()
        self.catch_up()

    def _run_initdb(self) -> None:
        """Instead: a copy of the primary, which follows it."""
        source = self._primary.source
        subprocess.run(
            [
                *(self._bin / "pg_basebackup", "-D", self._data, "-d", source),
                *("--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            cwd="/",
            **self._as,
        )
        for socket in self._data.glob(".s.PGSQL.*"):
            socket.unlink()  # the primary's, which lies in its folder; its lock came along
