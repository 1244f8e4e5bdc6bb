"""The web processes share the work, whatever connections they are asked over."""

from __future__ import annotations

import http.client
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from tests.support.gunicorn import serving

CLIENTS, EACH, ROUNDS = 8, 30, 3


@pytest.fixture
def server(settings, tmp_path):
    with serving(settings, tmp_path / "web.log") as server:
        yield server


def seconds(worker):
    """The processor's time that a process has had."""
    words = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / 100


def ask(port, together):
    """A client that keeps its connection for as long as the server lets it."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        together.wait()
        for _ in range(EACH):
            connection.request("GET", "/login")
            answer = connection.getresponse()
            assert answer.status == 200
            answer.read()


def test_two_processes_share_what_eight_clients_with_kept_connections_ask(server):
    workers = server.workers()
    assert len(workers) == 2
    shares = []
    for _ in range(ROUNDS):
        before = [seconds(worker) for worker in workers]
        together = Barrier(CLIENTS)
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(ask, [server.port] * CLIENTS, [together] * CLIENTS))
        spent = [seconds(worker) - then for worker, then in zip(workers, before, strict=True)]
        shares.append(min(spent) / sum(spent))
    assert min(shares) > 0.2, f"the smaller share of each round: {shares}"
