"""`flask --app wsgi …` in processes of their own, forked from one that has the modules already.

Importing them is most of what a command costs, and each test runs several.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path

from flask.cli import main

from webapp.config import ROOT

SECONDS = 60


@dataclass(frozen=True)
class Done:
    """What a command said, and how it ended."""

    returncode: int
    stdout: str
    stderr: str


class Commands:
    """Runs commands; what goes in and comes out are files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__, "tests.support.preloaded"])

    def run(
        self, words: Sequence[str], environment: Mapping[str, str], given: bytes | None
    ) -> Done:
        """Run `flask --app wsgi` with these words, this environment and nothing else of ours."""
        files = [self._folder / name for name in ("in", "out", "err")]
        files[0].write_bytes(given or b"")
        child = self._context.Process(target=_be, args=(list(words), dict(environment), files))
        child.start()
        child.join(SECONDS)
        assert child.exitcode is not None, f"flask {' '.join(words)} did not end"
        return Done(child.exitcode, files[1].read_text(), files[2].read_text())


def _be(words: list[str], environment: dict[str, str], files: list[Path]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    for number, file in enumerate(files):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY
        os.dup2(os.open(file, flags, 0o600), number)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - they live as long
        for number, mode in ((0, "r"), (1, "w"), (2, "w"))
    )
    sys.argv = ["flask", "--app", "wsgi", *words]
    main()
