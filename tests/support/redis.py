"""A real Redis as a child process, which tests may freeze, kill and start again."""

from __future__ import annotations

import atexit
import contextlib
import functools
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import redis

from tools import find

READY_WITHIN = 10


class RedisProcess:
    """One redis-server. Its data lies in `directory` and survives kill() and restart().

    With a port it also listens on 127.0.0.1; with a password nobody gets in without it.
    """

    def __init__(
        self, directory: Path | str, port: int = 0, password: str = "", more: tuple[str, ...] = ()
    ) -> None:
        self.directory, self._port, self._password = Path(directory), port, password
        self._more = more
        # A socket's path must be short, so it gets a folder of its own.
        self._socket_folder = Path(tempfile.mkdtemp(prefix="gh-redis-"))
        self.socket = self._socket_folder / "s"
        self.url = "unix://" + quote(str(self.socket))
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)
        self._start()

    @property
    def pid(self) -> int:
        """The process, running or not."""
        assert self._process is not None
        return self._process.pid

    @functools.cached_property
    def reader(self) -> redis.Redis:
        """A connection that is kept, to look what there is."""
        return self.client()

    def client(self) -> redis.Redis:
        """A new connection."""
        return redis.Redis.from_url(self.url, password=self._password or None)

    def freeze(self) -> None:
        """SIGSTOP: connections are accepted by the system, and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, and wait: from here on connecting is refused."""
        self._signal(signal.SIGKILL)
        self._wait()

    def restart(self) -> None:
        """End it if it runs, and start it again at the same address with the same data."""
        self._end()
        self._start()

    def restart_empty(self) -> None:
        """Kill it, lose all that it kept, and start it again."""
        self.kill()
        for file in self.directory.glob("appendonly*"):
            file.unlink()
        self._start()

    def stop(self) -> None:
        """End it for good."""
        self.reader.close()
        self._end()
        shutil.rmtree(self._socket_folder, ignore_errors=True)
        atexit.unregister(self.stop)

    def _start(self) -> None:
        server = find.redis_server()
        assert server, "no redis-server: see requirements.txt"
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(server, "--port", str(self._port), "--bind", "127.0.0.1"),
                    *("--unixsocket", str(self.socket), "--requirepass", self._password),
                    *("--dir", str(self.directory), "--save", "", "--appendonly", "yes"),
                    *("--appendfsync", "no", "--loglevel", "warning", *self._more),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C for pytest is not one for it
            )
        until = time.monotonic() + READY_WITHIN
        while not self.is_answering():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.directory / "redis.log").read_text()[-2000:])
            time.sleep(0.01)

    def is_answering(self) -> bool:
        """Whether it answers now."""
        return self._answer("PING").startswith((b"+PONG", b"-NOAUTH"))

    def forgets_all(self) -> bool:
        """Empty it; says whether that was done. It takes no more than the one line it sends."""
        return self._answer("FLUSHALL").startswith(b"+OK")

    def _answer(self, line: str) -> bytes:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.socket))
            connection.sendall(f"{line}\r\n".encode())
            return connection.recv(16)
        return b""

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(number)

    def _end(self) -> None:
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        self._wait()

    def _wait(self) -> None:
        if self._process:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def start_redis(directory: Path | str) -> RedisProcess:
    """A running Redis that keeps its data in `directory`."""
    return RedisProcess(directory)
