"""The image is built and started; left out where no Docker daemon runs."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.support.settings import SECRET_KEY
from tools import find
from webapp.config import ROOT

TAG = "gatehouse:of-the-tests"
LEAST = ("--rm", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--network=none")


@pytest.fixture(scope="module")
def docker():
    """`docker …` with the image built; what it says."""
    program = find.docker("info")

    def run(*words):
        done = subprocess.run([program, *words], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    run("build", "--tag", TAG, ".")
    yield run
    run("image", "rm", TAG)


def test_the_image_is_small_and_has_no_secret(docker):
    (image,) = json.loads(docker("image", "inspect", TAG))
    assert image["Size"] < 250_000_000
    assert image["Config"]["User"] == "10001:10001"
    found = docker("run", *LEAST, TAG, "find", "/app", "-name", ".env*", "-o", "-name", ".git")
    assert found == ""


def test_it_migrates_with_a_read_only_root(docker):
    settings = ("--env", f"SECRET_KEY={SECRET_KEY}", "--env", "PUBLIC_URL=http://localhost")
    volume = ("--tmpfs", "/app/instance:uid=10001,mode=0700")
    docker("run", *LEAST, *settings, *volume, TAG, "flask", "--app", "wsgi", "db", "upgrade")


def test_the_setup_runs_in_it(docker, tmp_path):
    mount = ("--volume", f"{tmp_path}:/folder", "--user=0:0", "--cap-add=CHOWN")
    words = ("python", "-m", "tools.setup", "--folder", "/folder", "--defaults")
    docker("run", *LEAST, *mount, "--cap-add=DAC_OVERRIDE", TAG, *words)
    assert (tmp_path / ".env").stat().st_uid == tmp_path.stat().st_uid
