"""What compose.yaml starts, started without Docker: the same commands in the same environment.

Only where things are differs: the databases, each web process and the mail server are on ports of
this machine, where Docker gives each a host of its own.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.error import HTTPError

import psycopg
import pytest

from tests.support import compose, dockerfile
from tests.support.gunicorn import Serving
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.processes import SECONDS, kill, wait_until
from tests.support.redis import RedisProcess
from tools import setup
from webapp.config import ROOT

(HEALTH,) = (
    one.exec_form
    for one in dockerfile.image(dockerfile.parse(dockerfile.FILE.read_text()))
    if one.name == "HEALTHCHECK"
)


class Installation:
    """The services beside one .env; all that is started is ended with the test."""

    def __init__(self, folder, moved):
        self.services = compose.services(folder / ".env")
        self.log = folder / "log"
        self._moved = moved
        self._running = []

    def environment(self, service, **more):
        """What Docker would give the service, with the hosts of this machine; nothing of ours."""
        given = dict(self.services[service].environment)
        for name, text in given.items():
            for there, here in self._moved.items():
                text = text.replace(there, here)
            given[name] = text
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {"PATH": path, **given, **more}

    def start(self, service, **more):
        """Start one replica."""
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                self.services[service].command,
                cwd=ROOT,
                env=self.environment(service, **more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running.append(child)
        return child

    def start_web(self):
        """Start one replica on a port of its own."""
        port = free_port()
        return Serving(port, self.start("web", PORT=str(port)))

    def run(self, command, **more):
        """`docker compose exec web …`."""
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment("web", **more),
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )

    def is_healthy(self, server):
        """What the image's health check says of a replica."""
        return self.run(HEALTH, PORT=str(server.port)).returncode == 0

    def ask(self, query):
        """The rows that the database has."""
        with psycopg.connect(self.environment("web")["DATABASE_URL"]) as connection:
            return connection.execute(query).fetchall()

    def scheduler_runs(self):
        return sum(
            runs for (runs,) in self.ask("select runs from job_runs where name = 'scheduler'")
        )

    def stop(self, service, child):
        """`docker stop`: the exit code, within the time that the service has."""
        child.send_signal(signal.SIGTERM)
        return child.wait(self.services[service].grace)

    def close(self):
        for child in self._running:
            kill(child)


@pytest.fixture
def installation(tmp_path, smtp):
    """An .env of the setup, and PostgreSQL and Redis with the passwords in it."""
    folder = str(tmp_path)
    options = ("--mail-server", f"127.0.0.1:{smtp.port}", "--mail-security", "none", "--defaults")
    assert setup.main(["--folder", folder, *options, "--sender", "gate@acme.example"]) == 0
    services = compose.services(tmp_path / ".env")
    with ExitStack() as parts:
        postgres = PostgresServer(free_port())
        parts.callback(postgres.stop)
        said = services["postgres"].environment
        postgres.create_owner(said["POSTGRES_USER"], said["POSTGRES_PASSWORD"])
        port = free_port()
        password = services["valkey"].environment["REDIS_PASSWORD"]
        parts.callback(RedisProcess(tmp_path / "redis", port, password).stop)
        here = {
            "@postgres/": f"@127.0.0.1:{postgres.port}/",
            "@valkey:6379/": f"@127.0.0.1:{port}/",
        }
        with closing(Installation(tmp_path, here)) as installation:
            yield installation


def test_everything_in_compose_starts_works_together_and_stops(installation, smtp, secrets):
    migrated = installation.start("migrate")
    assert migrated.wait(SECONDS) == 0, installation.log.read_text()

    webs = [installation.start_web() for _ in range(installation.services["web"].replicas)]
    for web in webs:
        wait_until(lambda web=web: installation.is_healthy(web))
    workers = [
        installation.start("worker") for _ in range(installation.services["worker"].replicas)
    ]
    first, second = (installation.start("scheduler") for _ in range(2))
    assert installation.services["scheduler"].replicas == 2
    for web in webs:
        wait_until(lambda web=web: '"status":"ready"' in web.ask("/readyz"))

    command = "flask --app wsgi org create acme --name Acme --admin priya@acme.example"
    created = installation.run(shlex.split(command))
    assert created.returncode == 0, created.stderr
    link = created.stdout.splitlines()[-1]
    assert link.startswith("http://localhost/")
    for web in webs:
        page = web.ask(link.removeprefix("http://localhost"), **{"X-Forwarded-For": "192.0.2.1"})
        assert "priya@acme.example" in page
    command = "flask --app wsgi invite create acme bo@example.org --role contributor"
    assert installation.run(shlex.split(command)).returncode == 0
    wait_until(lambda: len(smtp.messages) >= 2)
    wait_until(lambda: installation.ask("select distinct state from deliveries") == [("sent",)])

    # Either scheduler is enough, and with both nothing is done twice.
    assert installation.stop("scheduler", first) == 0
    count = installation.scheduler_runs()
    wait_until(lambda: installation.scheduler_runs() > count)
    assert installation.stop("scheduler", second) == 0
    third = installation.start("scheduler")
    count = installation.scheduler_runs()
    wait_until(lambda: installation.scheduler_runs() > count)
    assert installation.stop("scheduler", third) == 0
    assert Counter(mail.rcpt_to[0] for mail in smtp.messages) == {
        "priya@acme.example": 1,
        "bo@example.org": 1,
    }

    took = {"web": [], "worker": []}
    for service, children in (("web", [web.process for web in webs]), ("worker", workers)):
        for child in children:
            began = time.monotonic()
            assert installation.stop(service, child) == 0
            took[service].append(round(time.monotonic() - began, 1))
    print(f"\nidle, they stopped in (s): {took}")
    assert not installation.is_healthy(webs[0])

    secrets.learn_mails(smtp.messages)
    secrets.learn(*(installation.environment("web")[name] for name in setup.MADE))
    assert not secrets.found_in(installation.log.read_text())


def test_the_database_and_redis_let_nobody_in_without_the_password(installation):
    for name, right in (("DATABASE_URL", "gatehouse:"), ("REDIS_URL", "redis://:")):
        address = installation.environment("web")[name].replace(right, f"{right}wrong")
        migrated = installation.run(["flask", "--app", "wsgi", "doctor"], **{name: address})
        assert migrated.returncode == 1
        part = "database" if name == "DATABASE_URL" else "redis"
        assert f"{part}\taway" in migrated.stdout


def test_before_the_migration_the_web_is_alive_but_not_ready(installation):
    web = installation.start_web()
    wait_until(lambda: installation.is_healthy(web))
    with pytest.raises(HTTPError) as refused:
        web.ask("/readyz")
    with refused.value as answer:
        assert answer.code == 503
        assert json.load(answer)["migrations"] == "behind"
