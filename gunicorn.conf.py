"""gunicorn, as the Procfile starts it. The program's own settings are in webapp/config.py."""

import atexit
import gc
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from gunicorn.workers.gthread import ThreadWorker

# The same places as in webapp/config.py, which would load the whole program into this process.
given = {**dotenv_values(Path(__file__).resolve().with_name(".env")), **os.environ}


def number(name: str, default: int, most: int) -> int:
    """A setting that is a number from 1; ends the program when it is not."""
    text = given.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= most:
        sys.exit(f"{name} should be a number from 1 to {most}, not {text!r}.")
    return int(text)


class ClosingWorker(ThreadWorker):  # type: ignore[misc]
    """A process that takes its last connections when it is told to stop, and then no more.

    gunicorn's own keeps the port open while it brings its requests to an end. Connections made
    meanwhile wait, and are cut off in the end; refused at once, a proxy takes them elsewhere.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        for listener in self.sockets:
            while self.takes_one(listener):
                pass
            listener.close()

    def takes_one(self, listener: Any) -> bool:
        before = self.nr_conns
        self.accept(listener)
        return bool(self.nr_conns > before)


bind = f"0.0.0.0:{number('PORT', 8000, 65535)}"
workers = number("WEB_CONCURRENCY", 2, 1000)
worker_class = ClosingWorker
threads = 4
# One request a connection: a kept one stays with the process that accepted it, and often all were
# with one process while the other was idle (docs/operating/README.md, "Processes").
keepalive = 0
# Loaded once, before the processes are forked: they share most of its memory (with two of them it
# takes 133 MiB, not 205), and a wrong setting ends the server, not one worker after the other.
preload_app = True
timeout = 30
graceful_timeout = 30
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - heartbeats only

# No access log: addresses carry tokens. The program writes its own line for each request.
accesslog = None
errorlog = "-"

# Which proxies to believe is TRUSTED_PROXIES' business alone, not gunicorn's.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

# The control socket would be one for all of a user's gunicorns, and nothing here uses it.
control_socket_disable = True


# The web processes count requests together in a folder, which prometheus_client has to know when it
# is imported: with the program, before any hook is called.
METRICS = "PROMETHEUS_MULTIPROC_DIR"


def remove(folder: str, owner: int) -> None:
    """Take the folder away when the first process ends; workers end, too, and leave it."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


if not os.environ.get(METRICS):
    os.environ[METRICS] = tempfile.mkdtemp(prefix="gatehouse-metrics-", dir=worker_tmp_dir)
    atexit.register(remove, os.environ[METRICS], os.getpid())


def on_starting(_server: Any) -> None:
    """Begin to count at 0: drop what earlier processes counted."""
    folder = Path(os.environ[METRICS])
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink()


def pre_fork(_server: Any, _worker: Any) -> None:
    """Keep the garbage collector from touching, and so copying, what the processes share."""
    gc.freeze()


def child_exit(_server: Any, worker: Any) -> None:
    """Forget what only a living process can say; what it counted stays."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def without_address(record: logging.LogRecord) -> bool:
    """Keep the address, which can carry a token, out of what gunicorn says of bad requests."""
    if str(record.msg).startswith(("Error handling request", "Invalid request")):
        record.msg, record.args = "A request could not be handled (its address is left out)", ()
    return True


logging.getLogger("gunicorn.error").addFilter(without_address)
