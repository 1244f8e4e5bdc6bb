"""A primary, its replica and the Sentinel that watches them: all real, each a child process."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import redis

from tests.support.ports import free_port
from tests.support.redis import RedisProcess
from tools import find

SERVICE = "gatehouse"
WITHIN = 30  # seconds for a failover on a busy machine


class Watched:
    """Two Redis servers and one Sentinel; `url` is what REDIS_URL would be."""

    def __init__(self, directory: Path, password: str = "") -> None:
        ports = [free_port() for _ in range(3)]
        account = ("--masterauth", password) if password else ()
        self.primary = RedisProcess(directory / "primary", ports[0], password, account)
        follows = ("--replicaof", "127.0.0.1", str(ports[0]), *account)
        self.replica = RedisProcess(directory / "replica", ports[1], password, follows)
        self._sentinel = _sentinel(directory, ports[2], ports[0], password)
        self._client = redis.Redis("127.0.0.1", ports[2], decode_responses=True)
        self._second = ports[1]
        login = f":{password}@" if password else ""
        self.url = f"redis+sentinel://{login}127.0.0.1:{ports[2]}/{SERVICE}"
        self._wait(lambda: self._client.sentinel_master(SERVICE)["num-slaves"] == 1)

    def fail_over(self) -> None:
        """Kill the primary, and wait until the replica has taken its place."""
        self._wait(lambda: self._client.sentinel_slaves(SERVICE)[0]["master-link-status"] == "ok")
        self.primary.kill()
        self._wait(self._has_taken_over)

    def _has_taken_over(self) -> bool:
        state = self._client.sentinel_master(SERVICE)
        is_well = state["flags"] == "master" and state["role-reported"] == "master"
        return bool(is_well and state["port"] == self._second and state["runid"])

    def stop(self) -> None:
        """End all three."""
        self._sentinel.terminate()
        self._sentinel.wait(10)
        self.primary.stop()
        self.replica.stop()

    def _wait(self, happened: object) -> None:
        until = time.monotonic() + WITHIN
        while True:
            try:
                if happened():  # type: ignore[operator]
                    return
            except redis.RedisError:
                pass
            assert time.monotonic() < until, "Sentinel did not do it in time"
            time.sleep(0.02)


def _sentinel(directory: Path, port: int, primary: int, password: str) -> subprocess.Popen[bytes]:
    server = find.redis_server()
    assert server
    lines = [
        f"port {port}",
        "bind 127.0.0.1",
        f"dir {directory}",
        f"sentinel monitor {SERVICE} 127.0.0.1 {primary} 1",
        f"sentinel down-after-milliseconds {SERVICE} 1000",
        f"sentinel failover-timeout {SERVICE} 2000",
    ]
    if password:
        lines.append(f"sentinel auth-pass {SERVICE} {password}")
    settings = directory / "sentinel.conf"
    settings.write_text("\n".join(lines) + "\n")
    with (directory / "sentinel.log").open("ab") as log:
        return subprocess.Popen(
            [server, str(settings), "--sentinel"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
