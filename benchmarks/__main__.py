"""`python -m benchmarks [names] [--database sqlite|postgresql|both] [--rounds n]`"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from benchmarks import crowd, served, sink
from benchmarks.entries import ENTRIES, count_queries
from benchmarks.stage import ROWS, Stage
from benchmarks.timing import compare
from tests.support import postgres
from tests.support.redis import start_redis

DATABASES = {"sqlite": ["sqlite"], "postgresql": ["postgresql"]}
DATABASES["both"] = ["sqlite", "postgresql"]
CROWD = "crowd"
LINE = "{:12} {:12} {:>10} {:>10} {:>7} {:>14} {:>5}  {}"
NOTES = f"""
Medians of all rounds, ours and floor in turn; ratio: of the two in one round, with its least and
most. SQL: statements per operation of ours. Times are of this machine at this moment; compare
ratios. HTTP is asked over one kept connection each to a gunicorn of one worker, ours and the
floor's; with --in-process both are called by werkzeug's test client instead. {CROWD}: the 99th
percentile of eight clients at once against the median of one, both of ours, over two workers.
Rate limits are off, Redis is real and rung. {ROWS:,} pending invitations are there at the
beginning, and more with every entry. PostgreSQL keeps its usual promises (fsync on); SQLite is WAL
with synchronous=NORMAL."""


def main() -> None:
    """Measure what was asked for, and print it row by row."""
    asked = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    asked.add_argument("names", nargs="*", metavar="name", help=", ".join(ENTRIES))
    asked.add_argument("--database", choices=DATABASES, default="both")
    asked.add_argument("--rounds", type=int, default=15)
    asked.add_argument("--in-process", action="store_true", help="no socket, no web server")
    wanted = asked.parse_args()
    unknown = set(wanted.names) - set(ENTRIES) - {CROWD}
    if unknown:
        asked.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(ENTRIES)}")
    print(LINE.format("", "", "ours", "floor", "ratio", "range", "SQL", "what | its floor"))
    for database in DATABASES[wanted.database]:
        with stage(database) as here:
            prepared = {
                name: ENTRIES[name](here) for name in wanted.names or ENTRIES if name != CROWD
            }
            queries = {name: count_queries(here, entry) for name, entry in prepared.items()}
            with nullcontext(here.doors) if wanted.in_process else served.doors(here) as here.doors:
                for name, entry in prepared.items():
                    here.settle()
                    result = compare(entry.ours, entry.floor, wanted.rounds, entry.least)
                    cells = (name, database, *result.row, f"{queries[name]:.3g}", _words(name))
                    print(LINE.format(*cells), flush=True)
            if CROWD in (wanted.names or [CROWD]):
                slow, median = (1000 * seconds for seconds in crowd.measure(here))
                cells = (f"{slow:.3f} ms", f"{median:.3f} ms", f"{slow / median:.2f}", "", "")
                words = "p99 of POSTs at 8 at once | the median of one alone"
                print(LINE.format(CROWD, database, *cells, words), flush=True)
    print(NOTES)


@contextmanager
def stage(database: str) -> Iterator[Stage]:
    """The product over a database, a Redis and a mail server of its own."""
    with tempfile.TemporaryDirectory(prefix="gh-bench-") as folder, sink.running() as smtp_port:
        redis = start_redis(Path(folder) / "redis")
        try:
            with closing(Stage(_url(database, Path(folder)), redis.url, smtp_port)) as made:
                yield made
        finally:
            redis.stop()


def _words(name: str) -> str:
    return (ENTRIES[name].__doc__ or "").strip()


def _url(database: str, folder: Path) -> str:
    if database == "sqlite":
        return f"sqlite:///{folder / 'gatehouse.db'}"
    # The tests' server forgets what it promised; what people run does not.
    postgres.FAST = ("max_connections=100",)  # type: ignore[assignment]
    return postgres.start_postgres().create_database()


if __name__ == "__main__":
    main()
