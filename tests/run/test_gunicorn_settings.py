"""The web server reads its settings where the program does: the environment, then .env."""

from __future__ import annotations

import runpy
import shutil

import pytest

from webapp.config import ROOT


@pytest.fixture
def configuration(tmp_path, monkeypatch):
    """What gunicorn.conf.py says in a folder with this .env, and in this environment."""
    shutil.copy(ROOT / "gunicorn.conf.py", tmp_path)

    def configuration(written="", **environment):
        (tmp_path / ".env").write_text(written)
        for name in ("PORT", "WEB_CONCURRENCY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "figures"))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        found = runpy.run_path(str(tmp_path / "gunicorn.conf.py"))
        return found["bind"], found["workers"]

    return configuration


def test_without_any_it_is_two_processes_on_port_8000(configuration):
    assert configuration() == ("0.0.0.0:8000", 2)


def test_what_the_file_says_counts(configuration):
    assert configuration("PORT=8123\nWEB_CONCURRENCY=4\n") == ("0.0.0.0:8123", 4)


def test_the_environment_overrules_the_file(configuration):
    assert configuration("PORT=8123\n", PORT="9000") == ("0.0.0.0:9000", 2)
    assert configuration("PORT=8123\nWEB_CONCURRENCY=\n", WEB_CONCURRENCY="3") == (
        "0.0.0.0:8123",
        3,
    )


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "８０００"])
def test_another_port_is_refused_in_words(configuration, port):
    with pytest.raises(SystemExit, match="PORT should be a number from 1 to 65535, not"):
        configuration(PORT=port)
