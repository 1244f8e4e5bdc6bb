"""Processes of our own from their start: how long until the first answer, and how much memory.

The floor of the start is a bare Flask that imports the very modules of other people's that ours
has imported by its first answer. Counted is the processor's time of the whole child.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile

from benchmarks.lists import Cost, Measured
from benchmarks.stage import Stage
from webapp.config import ROOT

STARTS = 11
PEOPLE = 50_000

OURS = """
import sys
from wsgi import app
assert app.test_client().get("/login").status_code == 200
print(*sorted(name for name in sys.modules if name.partition(".")[0] not in {"webapp", "wsgi"}))
"""
FLOOR = """
import importlib, sys
for name in sys.stdin.read().split():
    try:
        importlib.import_module(name)
    except ImportError:
        pass  # a name that a package gave to something else
from flask import Flask
app = Flask("floor", static_folder=None)
app.get("/login")(lambda: "<!doctype html><title>Bare</title><p>Nothing happens here.")
assert app.test_client().get("/login").status_code == 200
"""


def start(stage: Stage) -> Measured:
    """The process until its first page | bare Flask that imports the same modules"""
    modules, _ = _child(stage, "-c", OURS)
    sides: tuple[list[Cost], list[Cost]] = ([], [])
    for _, (code, into) in itertools.product(range(STARTS), zip((OURS, FLOOR), sides, strict=True)):
        into.append(_child(stage, "-c", code, given=modules)[1])
    return Measured("start", (start.__doc__ or "").strip(), *sides)


def memory(stage: Stage) -> str:
    """What a worker holds at its peak that reads a list of 50,000 and invites them all."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("email,name\n")
        file.writelines(f"{email},Bo Lind\n" for email in stage.emails(PEOPLE))
        file.flush()
        said, _ = _child(stage, "-m", "tests.support.whole_import", file.name)
    empty, read, peak = (int(word) / 1024 for word in said.split())
    return f"{peak:.0f} MiB; after reading {read:.0f}, after the start {empty:.0f}; bound 160"


def _child(stage: Stage, *words: str, given: str = "") -> tuple[str, Cost]:
    """What a Python of its own says, and what it cost."""
    before = os.times()
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **stage.environment},
        input=given,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    after = os.times()
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    return done.stdout, Cost(spent, after.elapsed - before.elapsed)
