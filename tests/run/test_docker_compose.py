"""Docker itself reads compose.yaml as our tests do; left out where there is no Docker Compose."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.support import compose
from tools import find, setup
from webapp.config import ROOT


@pytest.fixture
def env_file(tmp_path):
    options = ("--mail-server", "re_a$b c#d", "--public-url", "https://gate.example.org:8443")
    assert setup.main(["--folder", str(tmp_path), "--defaults", *options]) == 0
    return tmp_path / ".env"


def test_docker_fills_the_file_in_as_the_tests_do(env_file, tmp_path):
    for path in (compose.FILE, ROOT / ".dockerignore"):
        (tmp_path / path.name).write_text(path.read_text())
    done = subprocess.run(
        [find.docker("compose", "version"), "compose", "config", "--format", "json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "variable is not set" not in done.stderr
    found = json.loads(done.stdout.replace("$$", "$"))["services"]  # it doubles each $ again
    ours = compose.services(env_file)
    assert set(found) == set(ours)
    for name, service in ours.items():
        assert found[name].get("environment", {}) == service.environment, name
        if "command" in service.said:
            assert found[name]["command"] == service.command, name


def test_the_setup_is_a_file_that_docker_takes():
    command = [find.docker("compose", "version"), "compose", "-f", compose.SETUP, "config"]
    subprocess.run([*command, "--quiet"], check=True, capture_output=True)
