"""A real PostgreSQL out of a wheel, one for each test process, on a unix socket.

Only the wheel's programs are used: its Python side would open the permissions of every folder
above itself and add a user to the machine. PostgreSQL refuses to run as root, so under root it
runs as `nobody`.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.support import memory
from tools import find

READY_WITHIN = 30
# Tests need no disk that survives a power cut.
FAST = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100"),
    *("wal_level=minimal", "max_wal_senders=0", "max_wal_size=256MB"),
)


class PostgresServer:
    """A running server with an empty data folder of its own.

    With a port it also listens on 127.0.0.1, where everybody needs a password. A `durable` one
    loses nothing of what it has confirmed when it is restarted at once.
    """

    more_settings: Sequence[str] = ()

    def __init__(self, port: int = 0, *, durable: bool = False) -> None:
        self.port = port
        kept = ("synchronous_commit=on",) if durable else ()
        self._settings = (*FAST, *kept, *self.more_settings)
        self.folder = memory.scratch("gh-pg-")
        self.folder.chmod(0o755)
        self._as = _someone_else()
        self._bin = self._programs()
        self._data = self.folder / "data"
        self._data.mkdir(mode=0o700)
        if self._as:
            os.chown(self._data, self._as["user"], self._as["group"])
        self._run_initdb()
        self._process = self._start()
        atexit.register(self.stop)

    def create_database(self, name: str, template: str | None = None) -> str:
        """A new database, as SQLAlchemy wants its address; a copy of the one at `template`."""
        source = make_url(template).database if template else "template0"
        self._execute(
            "create database {} template {} encoding 'UTF8' strategy file_copy", name, source or ""
        )
        return f"postgresql+psycopg://postgres@/{name}?host={quote(str(self._data))}"

    def create_owner(self, name: str, password: str) -> None:
        """A user with a password and a database of the same name, as PostgreSQL's image makes."""
        with self._connect() as connection:
            user = sql.Identifier(name)
            create = sql.SQL("create role {} login password {}")
            connection.execute(create.format(user, sql.Literal(password)))
            connection.execute(sql.SQL("create database {} owner {}").format(user, user))

    def move_database(self, url: str, folder: Path) -> None:
        """Keep the tables of a database that nobody uses on the disk at this folder."""
        if self._as:
            os.chown(folder, self._as["user"], self._as["group"])
        with self._connect() as connection:
            where = sql.SQL("create tablespace elsewhere location {}").format(str(folder))
            connection.execute(where)
        self._execute("alter database {} set tablespace elsewhere", make_url(url).database or "")

    def drop_database(self, url: str) -> None:
        """Drop it, with whoever is still connected."""
        self._execute("drop database if exists {} with (force)", make_url(url).database or "")

    def restart_immediately(self) -> None:
        """`pg_ctl restart -m immediate`: connections are cut, and it recovers from its log."""
        self.thaw()
        self._process.send_signal(signal.SIGQUIT)  # what pg_ctl sends
        self._process.wait(READY_WITHIN)
        self._process = self._start()

    def freeze(self) -> None:
        """SIGSTOP all its processes: connections stay, and nothing answers."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        """To the first process and all that it has forked, which are in a session of its own."""
        # The first one first, so that it forks no other meanwhile.
        for path in [Path(f"/proc/{self._process.pid}"), *Path("/proc").glob("[0-9]*")]:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if _parent(path) == self._process.pid or int(path.name) == self._process.pid:
                    os.kill(int(path.name), number)

    def stop(self) -> None:
        """End the server and remove its data."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # at once: nothing here is to be kept
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.stop)

    def _execute(self, statement: str, *names: str) -> None:
        with self._connect() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=str(self._data),
            port=self.port or None,
            user="postgres",
            dbname="postgres",
            autocommit=True,
        )

    def _programs(self) -> Path:
        """Where initdb and postgres are; copied when the other user cannot go there."""
        found = find.postgres_bin()
        assert found, "no PostgreSQL: see requirements-dev.txt"
        if not self._as:
            return found
        try:
            subprocess.run([found / "postgres", "-V"], check=True, capture_output=True, **self._as)
        except OSError:
            shutil.copytree(found.parent, self.folder / "pg", symlinks=True)
            found = self.folder / "pg" / "bin"
        return found

    def _run_initdb(self) -> None:
        subprocess.run(
            [
                *(self._bin / "initdb", "-D", self._data, "-U", "postgres", "--auth=trust"),
                *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
            ],
            check=True,
            capture_output=True,
            cwd="/",
            **self._as,
        )
        rules = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        (self._data / "pg_hba.conf").write_text(rules)

    def _start(self) -> subprocess.Popen[bytes]:
        settings = [word for setting in self._settings for word in ("-c", setting)]
        where = ["-h", "127.0.0.1", "-p", str(self.port)] if self.port else ["-h", ""]
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data, "-k", self._data, *where, *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # a Ctrl-C for pytest is not one for it
                **self._as,
            )
        until = time.monotonic() + READY_WITHIN
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from None
                time.sleep(0.02)
            else:
                return process


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0  # it has just ended


def _someone_else() -> dict[str, Any]:
    """How to start a program as `nobody`, for root; nothing for anybody else."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@functools.cache
def start_postgres() -> PostgresServer:
    """This process's server, started on first use and ended with the process."""
    return PostgresServer()
