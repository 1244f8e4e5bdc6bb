"""The operator at a shell."""

from __future__ import annotations

import os

import pytest

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
