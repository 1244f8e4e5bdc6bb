"""However long the list, the worker stays small."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from webapp.config import ROOT

BOUND = 160 * 1024  # KiB, for 50,000 people; the benchmark `memory` invites so many


@pytest.fixture
def settings(settings):
    return {
        **settings,
        "INVITATIONS_PER_ADMIN_PER_DAY": "100000",
        "INVITATIONS_PER_ORG_PER_DAY": "100000",
    }


def memory(settings, tmp_path, people):
    """The peaks in KiB: when it has started, read the list, and invited everybody."""
    file = tmp_path / f"{people}.csv"
    file.write_text(
        "email,name\n" + "".join(f"q{people}.{n}@x.example,N {n}\n" for n in range(people))
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.whole_import", str(file)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        check=True,
        timeout=120,
    )
    return [int(word) for word in done.stdout.split()]


@pytest.mark.both_databases
def test_ten_times_the_list_takes_the_same_memory(settings, tmp_path, database):
    few, many = memory(settings, tmp_path, 600), memory(settings, tmp_path, 6000)
    print(few, many)
    assert many[-1] < BOUND
    assert many[-1] - few[-1] < 12 * 1024
