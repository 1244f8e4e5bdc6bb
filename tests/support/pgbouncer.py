"""A real PgBouncer in transaction mode before a PostgreSQL of the tests, on a unix socket.

Few connections to the server for many clients: so each statement of a client may reach the server
over another connection than the one before, which is what a program behind it has to bear.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import psycopg
from psycopg.rows import dict_row
from sqlalchemy.engine import make_url

from tests.support import memory
from tests.support.ports import free_port
from tests.support.processes import SECONDS, kill, wait_until
from tools import find

PORT = 6432  # without a certificate: in its socket's name only
CONFIG = """
[databases]
* = host={server} user=postgres

[pgbouncer]
listen_addr ={listen}
listen_port = {port}
unix_socket_dir = {folder}
unix_socket_mode = 0777
logfile = {folder}/log
auth_type = any
admin_users = postgres
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
query_wait_timeout = 20
{more}
"""


class Pooler(NamedTuple):
    """Where it listens: in a folder, and by TLS on a port of 127.0.0.1 if it has a certificate."""

    folder: Path
    port: int = PORT

    def tls_url(self, database: str, **options: str) -> str:
        """The URL for the port, with these options."""
        name = make_url(database).database
        return f"postgresql://postgres@localhost:{self.port}/{name}?{urlencode(options)}"

    def url(self, database: str) -> str:
        """The URL by which a program reaches the database at this URL through the pooler."""
        name = make_url(database).database
        return (
            f"postgresql+psycopg://postgres@/{name}?host={quote(str(self.folder))}&port={self.port}"
        )

    def pools(self, database: str) -> list[dict[str, Any]]:
        """Its own figures about the database at this URL: clients and servers by their state."""
        with psycopg.connect(
            host=str(self.folder),
            port=self.port,
            user="postgres",
            dbname="pgbouncer",
            autocommit=True,
            row_factory=dict_row,
        ) as console:
            pools = psycopg.ClientCursor(console, row_factory=dict_row).execute("SHOW POOLS")
            name = make_url(database).database
            return [pool for pool in pools if pool["database"] == name]


@contextmanager
def pgbouncer(
    database: str, certificate: Path | None = None, connections: int = 3
) -> Iterator[Pooler]:
    """PgBouncer before the server of the database at this URL, with so many connections to it.

    With a certificate (its key beside it) it also listens on 127.0.0.1, by TLS alone.
    """
    program = find.pgbouncer()
    assert program, "no PgBouncer: make test-tools"
    server = make_url(database).query["host"]
    folder = memory.scratch("gh-pgb-")
    folder.chmod(0o777)  # it refuses to run as root, and becomes `nobody`
    pooler = Pooler(folder, free_port() if certificate else PORT)
    more = ["user = nobody"] if os.geteuid() == 0 else []
    if certificate:
        more += ["client_tls_sslmode = require", *_copied(certificate, folder)]
    config = folder / "pgbouncer.ini"
    listen = " 127.0.0.1" if certificate else ""
    values = {"server": server, "folder": folder, "port": pooler.port, "listen": listen}
    config.write_text(CONFIG.format(connections=connections, more="\n".join(more), **values))
    process = subprocess.Popen(
        [program, "-q", config],
        env={"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": find.pgbouncer_libraries()},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )

    def answers() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        try:
            pooler.pools(database)
        except psycopg.OperationalError:
            return False
        return True

    try:
        wait_until(answers)
        yield pooler
    finally:
        process.terminate()
        process.wait(SECONDS)
        kill(process)
        shutil.rmtree(folder, ignore_errors=True)


def _copied(certificate: Path, folder: Path) -> Iterator[str]:
    """The settings that name the certificate and its key, where `nobody` can read them."""
    for kind, name in (("cert", "certificate.pem"), ("key", "key.pem")):
        shutil.copy(certificate.parent / name, folder)
        (folder / name).chmod(0o644)
        yield f"client_tls_{kind}_file = {folder / name}"
