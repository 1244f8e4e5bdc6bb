"""The web processes share the work, whatever connections they are asked over."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from tests.support.gunicorn import serving
from tests.support.processes import SECONDS
from webapp.config import ROOT

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
    shares = []
    for _ in range(ROUNDS):
        before = [seconds(worker) for worker in workers]
        together = Barrier(CLIENTS)
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(ask, [server.port] * CLIENTS, [together] * CLIENTS))
        spent = [seconds(worker) - then for worker, then in zip(workers, before, strict=True)]
        shares.append(min(spent) / sum(spent))
    assert min(shares) > 0.2, f"the smaller share of each round: {shares}"


def private(process):
    """The memory in KiB that a process shares with no other."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {line.split()[0]: int(line.split()[1]) for line in lines}
    return sizes["Private_Clean:"] + sizes["Private_Dirty:"]


def resident(process):
    """The memory in KiB that a process uses, shared or not."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))


def test_the_processes_share_most_of_their_memory(server):
    for _ in range(20):
        server.ask("/login")
    for worker in server.workers():
        assert private(worker) < resident(worker) / 2


def test_the_folder_of_the_figures_is_removed_with_the_server(settings, tmp_path):
    with serving(settings, tmp_path / "web.log") as server:
        server.ask("/login")
        maps = "".join(Path(f"/proc/{pid}/maps").read_text() for pid in server.workers())
        folder = Path(re.search(r"/\S*/gatehouse-metrics-[^/]+", maps)[0])
        assert folder.is_dir()
    assert not folder.exists()


def test_a_wrong_setting_ends_the_server_at_once(settings, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"],
        cwd=ROOT,
        env={**settings, "PATH": os.environ["PATH"], "REDIS_URL": "http://redis"},
        capture_output=True,
        timeout=SECONDS,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert done.stderr.count("REDIS_URL: ") == 1
    assert "Traceback" not in done.stderr
