"""Sending waiting mails: take a batch; check, compose and send each mail; record its outcome.

`claims` takes mails with a lease, `preparation` checks each again and has its letter composed by
the package of its noun (`mail.kinds`), and `settlements` records what happened to the mail.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from datetime import datetime, timedelta

from webapp import clock, config, queue
from webapp.domain.deliverability import deliveries
from webapp.domain.leases import Claim
from webapp.domain.mail import queue as mail_queue
from webapp.domain.outbox import claims, preparation, settlements
from webapp.mailer import Batch, Mailer
from webapp.smtp import Result

BATCH = 50
SECONDS = 20.0  # for a letter, and again for the final reply; a lease outlasts both
TURN = timedelta(seconds=20)  # then a new batch is chosen, fairly among the organizations
LONGEST = timedelta(seconds=120)  # then another job continues, so that none exceeds its time limit

log = logging.getLogger("gatehouse.outbox")


def drain() -> Counter[str]:
    """Send everything that is due, over one connection per batch; returns counts by outcome.

    Safe to run many times at once. Stops early when the mail server cannot be reached.
    """
    hold = deliveries.hold()
    if hold is not None and hold.until > clock.now():
        return Counter()
    tally = _send_all(configured_mailer())
    if hold is not None and tally[Result.SENT.value]:
        deliveries.lift_hold()
    if tally:
        log.info("outbox: %s", ", ".join(f"{n} {word}" for word, n in sorted(tally.items())))
    return tally


def _send_all(mailer: Mailer) -> Counter[str]:
    """Send batch after batch until nothing is due, the server is unreachable, or time is up."""
    tally: Counter[str] = Counter()
    until = clock.now() + LONGEST
    is_reachable = True
    while is_reachable and (taken := claims.take(BATCH)):
        is_reachable = _send_batch(mailer, taken, until, tally)
        if is_reachable and clock.now() > until:
            queue.enqueue(mail_queue.DRAIN)
            break
    return tally


def _send_batch(mailer: Mailer, taken: list[Claim], until: datetime, tally: Counter[str]) -> bool:
    """Send the claimed mails; False when the mail server is unreachable.

    With a slow server the batch is cut short, so that other organizations get their turn.
    """
    remaining = deque(taken)
    turn_ends = min(clock.now() + TURN, until)
    with mailer.batch() as batch:
        while remaining and not batch.broken and clock.now() <= turn_ends:
            tally[_send(batch, remaining.popleft())] += 1
        if remaining:
            claims.release(remaining)
        return not batch.broken


def _send(batch: Batch, claim: Claim) -> str:
    """Try one mail and record the outcome; an error in our own code affects no other mail."""
    try:
        letter = preparation.prepare(claim)
        if letter is None:
            return "skipped"
        outcome = batch.send(letter)
        settlements.settle(claim, outcome)
        return outcome.result.value
    except Exception as error:
        # The error's text may contain the letter, so only its type and the delivery are logged.
        log.error("%s with delivery %s", type(error).__name__, claim.row_id)
        settlements.put_off(claim)
        return "broken"


def configured_mailer() -> Mailer:
    """A mailer for the mail server in the settings."""
    settings = config.current()
    return Mailer(
        timeout=SECONDS,
        server=settings.mail_server,
        port=settings.mail_port,
        use_tls=settings.mail_use_tls,
        use_ssl=settings.mail_use_ssl,
        username=settings.mail_username,
        password=settings.mail_password,
        from_email=settings.from_email,
    )
