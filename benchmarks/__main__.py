"""`python -m benchmarks [names] [--database sqlite|postgresql|both] [--rounds n]`"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from benchmarks import crowd, lists, processes, report, served, sink
from benchmarks.entries import ENTRIES, count_queries
from benchmarks.lists import ROUNDS
from benchmarks.stage import ROWS, Stage
from benchmarks.timing import compare
from tests.support import postgres
from tests.support.redis import start_redis

DATABASES = {"sqlite": ["sqlite"], "postgresql": ["postgresql"]}
WHOLE = [*lists.ENTRIES, "crowd", "start", "memory"]
DATABASES["both"] = ["sqlite", "postgresql"]
Cells = tuple[str, ...]
LINE = "{:12} {:12} {:>10} {:>10} {:>7} {:>14} {:>5}  {}"
NOTES = f"""
Medians of all rounds, ours and floor in turn; ratio: of the two in one round, with its least and
most. SQL: statements per operation of ours. Times are of this machine at this moment; compare
ratios. HTTP is asked over one kept connection each to a gunicorn of one worker, ours and the
floor's; with --in-process both are called by werkzeug's test client instead. crowd: list, open and
invite by one client and by eight at once over two workers, against a sketch of our own packages
(benchmarks/sketch.py), and over two workers against one.
Rate limits are off, Redis is real and jobs are enqueued.
Lists and processes (import, import-read, expire, start, memory) are counted by the processor's
time, the database server's with it, {ROUNDS} rounds; by the clock stands behind.
{ROWS:,} pending invitations are there at the beginning, and more with every entry. PostgreSQL keeps
its usual promises (fsync on); SQLite is WAL with synchronous=NORMAL."""


def main() -> None:
    """Measure what was asked for, and print it row by row."""
    asked = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    asked.add_argument("names", nargs="*", metavar="name", help=", ".join([*ENTRIES, *WHOLE]))
    asked.add_argument("--database", choices=DATABASES, default="both")
    asked.add_argument("--rounds", type=int, default=15)
    asked.add_argument("--in-process", action="store_true", help="no socket, no web server")
    asked.add_argument("--report", action="store_true", help="write docs/performance.md's table")
    known = [*ENTRIES, *WHOLE]
    wanted = asked.parse_args()
    unknown = set(wanted.names) - set(known)
    if unknown:
        asked.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(known)}")
    names = [name for name in known if name in (wanted.names or known)]
    print(LINE.format("", "", "ours", "floor", "ratio", "range", "SQL", "what | its floor"))
    rows = []
    for database in DATABASES[wanted.database]:
        with stage(database) as here:
            for name, *cells in _rows(here, names, wanted):
                rows.append((name, database, *cells))
                print(LINE.format(*rows[-1]), flush=True)
    print(NOTES)
    if wanted.report:
        report.write(rows)


def _rows(here: Stage, names: Sequence[str], wanted: argparse.Namespace) -> Iterator[Cells]:
    prepared = {name: ENTRIES[name](here) for name in names if name in ENTRIES}
    queries = {name: count_queries(here, entry) for name, entry in prepared.items()}
    with nullcontext(here.doors) if wanted.in_process else served.doors(here) as here.doors:
        for name, entry in prepared.items():
            here.settle()
            result = compare(entry.ours, entry.floor, wanted.rounds, entry.least)
            yield name, *result.row, f"{queries[name]:.3g}", _words(name)
    for name, *figures, words in _whole(here, names):
        yield name, *figures, "", words


def _whole(here: Stage, names: Sequence[str]) -> Iterator[Cells]:
    """Lists and processes: one operation is thousands of rows, or a process's whole life."""
    for measured in lists.measure(here, [name for name in lists.ENTRIES if name in names]):
        yield measured.cells
    if "crowd" in names:
        yield from crowd.measure(here)
    if "start" in names:
        yield processes.start(here).cells
    if "memory" in names:
        yield "memory", "", "", "", "", processes.memory(here)


@contextmanager
def stage(database: str) -> Iterator[Stage]:
    """The product over a database, a Redis and a mail server of its own."""
    with tempfile.TemporaryDirectory(prefix="gh-bench-") as folder, sink.running() as smtp_port:
        redis = start_redis(Path(folder) / "redis")
        try:
            url = _url(database, Path(folder))
            with closing(Stage(url, redis.url, smtp_port)) as made:
                yield made
            if database == "postgresql":  # the server is one for all stages
                postgres.start_postgres().drop_database(url)
        finally:
            redis.stop()


def _words(name: str) -> str:
    return (ENTRIES[name].__doc__ or "").strip()


def _url(database: str, folder: Path) -> str:
    if database == "sqlite":
        return f"sqlite:///{folder / 'gatehouse.db'}"
    # The tests' server forgets what it promised; what people run does not.
    postgres.FAST = ("max_connections=100",)  # type: ignore[assignment]
    return postgres.start_postgres().create_database("benchmarks")


if __name__ == "__main__":
    main()
