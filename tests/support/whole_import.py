"""`python -m tests.support.whole_import FILE`: read a list, run it, and say what memory it took.

A process of its own, so that the peak is that of this work; the settings come from the environment.
"""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path

from jobs import collect_rarely
from tests import cast
from webapp import create_app
from webapp.config import Settings
from webapp.domain import imports
from webapp.domain.imports import csv_files, runs


def main() -> None:
    """Print the peak of the resident memory in KiB: of the start, of reading, of running."""
    app = create_app(Settings.from_env())
    collect_rarely()
    with app.app_context(), open(sys.argv[1], "rb") as file:
        acme, priya = cast.organization(), cast.person()
        start = _peak()
        lines = partial(csv_files.uploaded, file)
        made = imports.read(acme, lines, by=priya, role="contributor", file_name="a.csv")
        read = _peak()
        imports.start(acme, made.id, by=priya)
        while imports.find(acme, made.id).is_running:
            runs.run_due()
    print(start, read, _peak())


def _peak() -> int:
    # Not getrusage: what that says of a new process begins with the peak of the one it comes from.
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak)


if __name__ == "__main__":
    main()
