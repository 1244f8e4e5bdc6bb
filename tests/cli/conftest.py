"""The operator at a shell."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from webapp.config import ROOT


@pytest.fixture
def flask(settings, secrets):
    """`flask --app wsgi …` in a process of its own."""

    def run(*words, input=None, **changed):
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **settings, **changed},
            input=input,
            capture_output=True,
            timeout=60,
        )
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        secrets.learn_links(done.stdout)
        assert not secrets.found_in(done.stderr)
        return done

    return run
