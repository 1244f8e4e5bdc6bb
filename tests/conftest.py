"""What every test stands on: real databases, a real Redis, a real SMTP server."""

from __future__ import annotations

import copy
import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings as hypothesis_settings
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import sync_playwright

from tests import cast
from tests.support import order, previous_release, seen
from tests.support.applications import Applications
from tests.support.browser import launch_options
from tests.support.client import Browser
from tests.support.memory import scratch
from tests.support.ports import kept_port
from tests.support.postgres import PostgresServer, start_postgres
from tests.support.redis import RedisProcess, start_redis
from tests.support.secrets import Secrets
from tests.support.settings import SECRET_KEY, environment
from tests.support.small_disk import can_be_mounted
from tests.support.smtp import ScriptedSMTP
from tests.support.templates import SQLiteFiles, Template
from tools import find
from webapp import clock, redis_tries

# A busy machine is slow: how long an example takes says nothing. `make fuzz` asks for new examples
# each time; `make test` has the same ones everywhere, so that it fails for those who broke it.
hypothesis_settings.register_profile("new", deadline=None)
hypothesis_settings.register_profile("same", deadline=None, derandomize=True)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "same")

# Tests that need what cannot be had everywhere are left out, and the run says so.
NEEDS = {
    "cli/test_postfix.py": (find.postfix, "root and Postfix"),
    "openid/test_apache.py": (find.apache, "Apache with mod_auth_openidc"),
    "openid/test_jupyterhub.py": (find.jupyterhub, "JupyterHub"),
    "jobs/test_full_disks.py": (can_be_mounted, "a user who may mount a disk"),
    "run/test_upgrade.py": (previous_release.is_there, "the history of the repository"),
    "run/test_docker_compose.py": (lambda: find.docker("compose", "version"), "Docker Compose"),
    "run/test_docker_build.py": (lambda: find.docker("info"), "a Docker daemon"),
}
LEFT_OUT = {name: what for name, (there, what) in NEEDS.items() if not there()}
collect_ignore = list(LEFT_OUT)
FACTS = pytest.StashKey[Any]()


def pytest_configure(config: pytest.Config) -> None:
    """A folder in which the processes of a run tell each other what they have found in order."""
    if not hasattr(config, "workerinput"):
        os.environ[seen.FOLDER] = tempfile.mkdtemp(prefix="gh-seen-")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests, long ones come first."""
    if hasattr(config, "workerinput"):
        items[:] = order.long_first(items, config.workerinput["workercount"])


def pytest_collection_finish() -> None:
    """What was collected lives as long as the run: it is not searched for cycles time and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The folder is gone with the run."""
    if not hasattr(config, "workerinput") and seen.FOLDER in os.environ:
        shutil.rmtree(os.environ.pop(seen.FOLDER), ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not run for want of a program."""
    for name, what in LEFT_OUT.items():
        terminalreporter.write_line(f"Left out: tests/{name}, which needs {what}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests run on SQLite; those marked `both_databases` on PostgreSQL, too."""
    if "database" in metafunc.fixturenames:
        both = metafunc.definition.get_closest_marker("both_databases")
        names = ["sqlite", "postgresql"] if both else ["sqlite"]
        metafunc.parametrize("database", names, indirect=True)


@pytest.fixture(scope="session")
def scratch_folder() -> Iterator[Path]:
    """Where databases of this test process lie, in memory if possible; gone with the process."""
    folder = scratch("gh-tests-")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_process(scratch_folder: Path) -> Iterator[RedisProcess]:
    """A Redis of this test process."""
    process = start_redis(scratch_folder / "redis")
    yield process
    process.stop()


@pytest.fixture
def redis(redis_process: RedisProcess) -> RedisProcess:
    """An empty Redis, whatever an earlier test did to it."""
    redis_process.thaw()
    if not redis_process.forgets_all():
        redis_process.restart()
        assert redis_process.forgets_all()
    redis_tries.breaker(redis_process.url).worked()
    return redis_process


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """One browser for all tests of this process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def smtp_port() -> int:
    """The port of this test process's mail servers."""
    return kept_port()


@pytest.fixture
def smtp(smtp_port: int) -> Iterator[ScriptedSMTP]:
    """A mail server that takes everything, unless the test scripts it.

    Whatever kind of mail a test sends, it is text and HTML as alternatives and nothing else: for a
    multipart/mixed around them some mail programs show a paperclip.
    """
    with ScriptedSMTP(port=smtp_port) as server:
        yield server
        for received in server.messages:
            assert received.message.get_content_type() == "multipart/alternative"
            parts = [part.get_content_type() for part in received.message.iter_parts()]
            assert parts == ["text/plain", "text/html"]


@pytest.fixture(scope="session")
def sqlite_template(scratch_folder: Path) -> Template:
    """What the tests' SQLite databases are copies of."""
    folder = scratch_folder / "sqlite"
    folder.mkdir()
    return Template(SQLiteFiles(folder))


@pytest.fixture(scope="session")
def postgres() -> PostgresServer:
    """A PostgreSQL server of this test process."""
    return start_postgres()


@pytest.fixture(scope="session")
def postgresql_template(postgres: PostgresServer) -> Template:
    """What the tests' databases on PostgreSQL are copies of."""
    return Template(postgres)


@pytest.fixture
def beforehand(request: pytest.FixtureRequest) -> Callable[[], Any]:
    """What fills the database before the test; done once for many tests, each has a copy.

    A module whose tests begin with the same rows calls its function for them BEFOREHAND. It adds
    them to the cast's for the tests that ask for what it has answered, as `prepared`.
    """
    fill: Callable[[], Any] = cast.make
    return request.module.BEFOREHAND if "prepared" in request.fixturenames else fill


@pytest.fixture
def database(request: pytest.FixtureRequest, beforehand: Callable[[], Any]) -> Iterator[str]:
    """The URL of a database of this test's own, with the cast in it."""
    template: Template = request.getfixturevalue(f"{request.param}_template")
    with template.copy_after(beforehand, "of_the_test") as filled:
        request.node.stash[FACTS] = filled.facts
        yield filled.url


@pytest.fixture
def prepared(request: pytest.FixtureRequest, database: str) -> Any:
    """What the function that filled the database has answered: ids, for example."""
    return copy.deepcopy(request.node.stash[FACTS])


@pytest.fixture
def settings(database: str, redis: RedisProcess, smtp: ScriptedSMTP) -> dict[str, str]:
    """The environment of the application under test; change it before asking for `app`."""
    return environment(database, redis.url, smtp.port)


@pytest.fixture(scope="session")
def applications() -> Applications:
    """The applications of this test process; templates are compiled once for all of the run's."""
    folder = Path(os.environ[seen.FOLDER]) / "templates"
    folder.mkdir(exist_ok=True)
    return Applications(FileSystemBytecodeCache(str(folder)))


@pytest.fixture
def make_app(
    settings: dict[str, str], applications: Applications
) -> Iterator[Callable[..., Flask]]:
    """Applications over the test's own parts, with some settings changed."""
    with applications.of_a_test() as make:
        yield lambda **changed: make({**settings, **changed})


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The application over the test's own database, Redis and mail server."""
    return make_app()


@pytest.fixture
def in_app(app: Flask) -> Iterator[None]:
    """Inside the application, for tests that call the domain."""
    with app.app_context():
        yield


@pytest.fixture
def browser(app: Flask, secrets: Secrets, request: pytest.FixtureRequest) -> Callable[..., Browser]:
    """Browsers without JavaScript whose every answer is checked; signed in if asked."""

    def make(email: str | None = None, **options: object) -> Browser:
        browser = Browser(app, secrets, **options)  # type: ignore[arg-type]
        if email:
            browser.sign_in(email, cast.PASSWORD)
        return browser

    return make


@pytest.fixture
def travel() -> Iterator[Callable[..., None]]:
    """Let the clock run ahead for the rest of the test: travel(days=8)."""
    blocks = []

    def ahead(**by: float) -> None:
        block = clock.ahead(**by)
        block.__enter__()
        blocks.append(block)

    yield ahead
    for block in reversed(blocks):
        block.__exit__(None, None, None)


@pytest.fixture
def by_day() -> Iterator[None]:
    """Shares are counted by the day: tests that count them begin in the morning, not at night."""
    if clock.now().hour < 20:
        yield
    else:
        with clock.ahead(hours=8):
            yield


@pytest.fixture
def secrets() -> Secrets:
    """What must never be written down; filled by the browsers and mails of the test."""
    return Secrets(cast.PASSWORD, SECRET_KEY)


@pytest.fixture(autouse=True)
def nothing_secret_is_written_down(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """After every test: no token, password or cookie in a log line, in Redis or in an event."""
    parts = set(request.fixturenames)
    needed = {"app", "redis", "smtp", "secrets"} <= parts
    if not needed:
        yield
        return
    app: Flask = request.getfixturevalue("app")
    known: Secrets = request.getfixturevalue("secrets")
    smtp: ScriptedSMTP = request.getfixturevalue("smtp")
    yield
    known.learn_mails(smtp.messages)
    records = [r for when in ("setup", "call") for r in caplog.get_records(when)]
    known.search_logs(records)
    redis: RedisProcess = request.getfixturevalue("redis")
    redis.thaw()
    if not redis.is_answering():
        redis.restart()  # what it had kept is looked at all the same
    known.search_redis(redis.reader)
    with app.app_context():
        known.search_database()
