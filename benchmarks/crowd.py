"""Eight admins who invite at once: the slowest answers, against the median of one alone."""

from __future__ import annotations

import itertools
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from benchmarks.served import Door, running
from benchmarks.stage import INVITATIONS, Stage

CLIENTS, EACH = 8, 100


def measure(stage: Stage) -> tuple[str, ...]:
    """The 99th percentile of eight clients, the median of one, and their ratio, as text."""
    emails = stage.emails(EACH * (CLIENTS + 2))
    # As the product starts: two processes of four threads.
    with running("wsgi:app", stage.environment, workers=2) as port:
        shares = [emails[n * EACH : (n + 1) * EACH] for n in range(CLIENTS + 2)]
        _invite(stage, port, shares[0], None)  # warms both processes up
        alone = _invite(stage, port, shares[1], None)
        together = Barrier(CLIENTS)
        with ThreadPoolExecutor(CLIENTS) as pool:
            crowd = pool.map(lambda share: _invite(stage, port, share, together), shares[2:])
            taken = sorted(itertools.chain.from_iterable(crowd))
    slow, median = 1000 * taken[int(len(taken) * 0.99)], 1000 * statistics.median(alone)
    words = "p99 of POSTs by 8 at once | the median of one alone"
    return "crowd", f"{slow:.3f} ms", f"{median:.3f} ms", f"{slow / median:.2f}", "", words


def _invite(stage: Stage, port: int, emails: list[str], together: Barrier | None) -> list[float]:
    door = Door(port)
    known = {"csrf_token": stage.csrf_token, "role": "contributor", "expiry_days": "7"}
    taken = []
    if together is not None:
        together.wait()
    for email in emails:
        began = time.perf_counter()
        answer = door.open(
            INVITATIONS,
            method="POST",
            headers={"Cookie": stage.cookies},
            data={**known, "email": email},
        )
        taken.append(time.perf_counter() - began)
        assert answer.status_code == 303, answer.status
    door.close()
    return taken
