"""The operator at a shell."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import backups, outages
from tests.support.commands import Commands


@pytest.fixture(scope="session")
def commands(tmp_path_factory):
    """Processes for commands."""
    return Commands(tmp_path_factory.mktemp("commands"))


@pytest.fixture
def flask(settings, secrets, commands):
    """`flask --app wsgi …` in a process of its own."""

    def run(*words, input=None, **changed):
        done = commands.run(words, {"PATH": os.environ["PATH"], **settings, **changed}, input)
        secrets.learn_links(done.stdout)
        assert not secrets.found_in(done.stderr)
        return done

    return run


class Operator:
    """Backs up and restores, each time with all processes stopped."""

    def __init__(self, flask, app, file):
        self._flask, self._app, self.file = flask, app, Path(file)

    def run(self, *words, **options):
        """A command, while nothing else is connected."""
        outages.renew(self._app)
        return self.run_beside(*words, **options)

    def run_beside(self, *words, **options):
        """A command with PostgreSQL's programs on PATH, while others may be connected."""
        return self._flask(*words, **{"PATH": backups.path(), **options})

    def backs_up(self):
        """What the command says, which succeeds."""
        done = self.run("backup", str(self.file))
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def restores(self, *words, **options):
        """What the command says, which succeeds."""
        done = self.run("restore", str(self.file), "--yes", *words, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def is_refused(self, *words, **options):
        """What is said on standard error of a restore that is not done."""
        done = self.run("restore", str(self.file), "--yes", *words, **options)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        return done.stderr


@pytest.fixture
def operator(flask, app, database, tmp_path):
    """The operator with a place for a backup; what restores keep is removed afterwards."""
    yield Operator(flask, app, tmp_path / "backup")
    outages.renew(app)
    backups.clear(database)
