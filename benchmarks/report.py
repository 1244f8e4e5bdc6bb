"""The table of docs/performance.md, written by the run that measured it."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime

from webapp.config import ROOT

FILE = ROOT / "docs/performance.md"
BEGIN, END = "<!-- make bench-report -->", "<!-- end -->"
TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
# By the name of an entry: what its ratio should be.
TARGETS = {
    "create-http": "≤ 4",
    "list": "≤ 4",
    "by-group": "≤ 1.3",
    "members-by-group": "≤ 1.3",
    "open": "≤ 2.5",
    "gate-check": "≤ 1.67",
    "accept": "≤ 1.3",
    "accept-http": "≤ 1.3",
    "token": "≤ 1.5",
    "token-http": "≤ 1.5",
    "chain": "≤ 1.1",
    "import": "≤ 3",
    "import-groups": "≤ 3",
    "expire": "≤ 3",
    "start": "≤ 1.2",
    "list x 1": "≤ 1.6",
    "list x 8": "≥ 0.6",
    "list 2 : 1": "≥ 1.8",
    "open 2 : 1": "≥ 1.8",
    "invite x 1": "≤ 1.6",
    "invite x 8": "≥ 0.6",
    "invite 2 : 1": "≥ 1.8",
    "invite p99": "≤ 4",
}

Row = tuple[str, ...]  # as printed: name, database, ours, floor, ratio, range, SQL, words


def write(rows: Sequence[Row]) -> None:
    """Put the rows between the marks in the document."""
    text = FILE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    FILE.write_text(f"{before}{BEGIN}\n{_table(rows)}{END}{after}", encoding="utf-8")


def _table(rows: Sequence[Row]) -> str:
    databases = list(dict.fromkeys(row[1] for row in rows))
    found = {(row[0], row[1]): row for row in rows}
    on = f"{datetime.now(UTC):%d %B %Y}, {os.cpu_count()} cores, Python {platform.python_version()}"
    head = " | ".join(["what, and against what", "target", *(TITLES[one] for one in databases)])
    lines = [f"Measured on {on}.", "", f"| {head} |", "|---" * (2 + len(databases)) + "|"]
    for name in dict.fromkeys(row[0] for row in rows):
        words = next(row[7] for row in rows if row[0] == name).replace(" | ", ", against: ")
        cells = [_cell(found.get((name, database))) for database in databases]
        lines.append(
            f"| `{name}`: {words} | " + " | ".join([TARGETS.get(name, "–"), *cells]) + " |"
        )
    return "\n".join(lines) + "\n"


def _cell(row: Row | None) -> str:
    if row is None:
        return "–"
    _, _, ours, floor, ratio, spread, _, words = row
    return f"{ours} : {floor} = **{ratio}** ({spread})" if ratio else words
