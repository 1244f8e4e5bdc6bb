"""Sending webhooks: a few threads post to other servers; this one alone uses the database."""

from __future__ import annotations

import functools
import logging
import ssl
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from webapp import config, egress, outbound_http, queue, stopping
from webapp.db import transaction
from webapp.domain.events.listeners import SEND
from webapp.domain.leases import Claim
from webapp.domain.webhooks import attempts, claims
from webapp.domain.webhooks.attempts import Request
from webapp.egress import Way
from webapp.languages import marked
from webapp.outbound_http import Answer

THREADS = 8
SECONDS = 10.0  # per job, plus the time of the last attempts: then the worker is free for mails
TURN = 5.0  # seconds for one address before it is another's turn
LOOK = 0.5  # seconds between looks for other addresses while one is slow
BROKEN = marked("It could not be sent.")

log = logging.getLogger("gatehouse.webhooks")


@dataclass(frozen=True, slots=True)
class _Turn:
    claim: Claim
    request: Request
    until: float


def send() -> Counter[str]:
    """Send everything that is due, a few addresses at a time; returns counts by outcome.

    Safe to run many times at once. Enqueues itself again if time is up with deliveries left.
    """
    run = _Run(egress.way(), time.monotonic() + SECONDS)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as pool:
        while run.step(pool):
            pass
    if run.is_over and claims.anything_due():
        _enqueue()
    if run.tally:
        words = ", ".join(f"{n} {word}" for word, n in sorted(run.tally.items()))
        log.info("webhooks: %s", words)
    return run.tally


class _Run:
    """One job: which deliveries are being posted."""

    def __init__(self, way: Way, until: float) -> None:
        self._way, self._until = way, until
        self._turns: dict[Future[Answer], _Turn] = {}
        self._agent = f"Gatehouse ({config.current().public_url})"
        self.tally: Counter[str] = Counter()

    @property
    def is_over(self) -> bool:
        """Whether time is up, or the process is to stop: nothing new is started."""
        return time.monotonic() >= self._until or stopping.is_asked()

    @functools.cached_property
    def _tls(self) -> ssl.SSLContext:
        # Loading the system's certificates takes time, which a job with nothing to do can save.
        return ssl.create_default_context()

    def step(self, pool: ThreadPoolExecutor) -> bool:
        """Start what there are threads for, and settle what is done; False if nothing is left."""
        if not self.is_over:
            for claim in claims.take(THREADS - len(self._turns)):
                self._start(pool, claim, time.monotonic() + TURN)
        if not self._turns:
            return False
        done, _ = wait(self._turns, timeout=LOOK, return_when=FIRST_COMPLETED)
        for future in done:
            turn = self._turns.pop(future)
            answer = _answer(future)
            self.tally["delivered" if answer.is_success else "failed"] += 1
            if attempts.settle(turn.claim, turn.request, answer):
                if time.monotonic() < turn.until and not self.is_over:
                    self._start(pool, turn.claim, turn.until)
                else:
                    claims.release(turn.claim)
        return True

    def _start(self, pool: ThreadPoolExecutor, claim: Claim, until: float) -> None:
        request = attempts.prepare(claim, self._agent)
        if request is not None:
            future = pool.submit(_post, request, self._way, self._tls)
            self._turns[future] = _Turn(claim, request, until)


def _post(request: Request, way: Way, tls: ssl.SSLContext) -> Answer:
    if request.refusal:
        return Answer(None, b"", request.refusal, 0)
    return outbound_http.post(request.url, request.headers, request.body, way=way, tls=tls)


def _answer(future: Future[Answer]) -> Answer:
    """The server's answer; an error in our own code counts as a failure of this delivery alone."""
    error = future.exception()
    if error is None:
        return future.result()
    log.error("%s while posting a webhook", type(error).__name__)
    return Answer(None, b"", BROKEN, 0)


@transaction()
def _enqueue() -> None:
    queue.enqueue(SEND)
