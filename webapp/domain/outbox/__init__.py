"""Sending waiting mails: take a batch; check, compose and send each mail; record its outcome.

`claims` takes mails with a lease, `preparation` checks each again and has its letter composed by
the package of its noun (`mail.kinds`), and `settlements` records what happened to the mail.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from webapp import clock, config, queue, stopping
from webapp.db import transaction
from webapp.domain.deliverability import deliveries
from webapp.domain.leases import Claim
from webapp.domain.links import answers
from webapp.domain.mail import queue as mail_queue
from webapp.domain.outbox import claims, preparation, settlements
from webapp.mail_message import Letter
from webapp.mailer import Batch, Mailer, Outcome
from webapp.smtp import Result

BATCH = 50
SECONDS = 20.0  # for a letter, and again for the final reply
TURN = timedelta(seconds=20)  # then a new batch is chosen, fairly among the organizations
LONGEST = timedelta(seconds=120)  # then another job continues, so that none exceeds its time limit

log = logging.getLogger("gatehouse.outbox")


class Ready(NamedTuple):
    """A claimed mail and its letter, to be sent now."""

    claim: Claim
    letter: Letter


def drain() -> Counter[str]:
    """Send everything that is due, over one connection per batch; returns counts by outcome.

    First invites those who asked by a join link, so that their mails are among these.
    Safe to run many times at once. Stops early when the mail server cannot be reached, or when the
    process is asked to stop: then it gives back what it has not begun.
    """
    answers.answer_asks()
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
    while is_reachable and not stopping.is_asked() and (taken := claims.take(BATCH)):
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
    with claims.kept(taken), mailer.batch() as batch:

        def goes_on() -> bool:
            is_time_left = clock.now() <= turn_ends and not stopping.is_asked()
            return bool(remaining) and not batch.broken and is_time_left

        ready: Ready | None = None
        while ready or goes_on():
            if ready is None:
                ready = _prepare(remaining.popleft(), tally)
                continue
            outcome = _hand_over(batch, ready, tally)
            following = remaining.popleft() if goes_on() else None
            ready = _settle(ready.claim, outcome, following, tally)
        if remaining:
            claims.release(remaining)
        return not batch.broken


def _prepare(claim: Claim, tally: Counter[str]) -> Ready | None:
    try:
        letter = preparation.prepare(claim)
    except Exception as error:
        _put_off(claim, error, tally)
        return None
    return _ready(claim, letter, tally)


def _ready(claim: Claim, letter: Letter | None, tally: Counter[str]) -> Ready | None:
    if letter is None:
        tally["skipped"] += 1
        return None
    return Ready(claim, letter)


def _hand_over(batch: Batch, ready: Ready, tally: Counter[str]) -> Outcome | None:
    try:
        return batch.send(ready.letter)
    except Exception as error:
        _put_off(ready.claim, error, tally)
        return None


def _settle(
    claim: Claim, outcome: Outcome | None, following: Claim | None, tally: Counter[str]
) -> Ready | None:
    """Record the outcome, and prepare the following mail in the same transaction.

    If one of the two fails, each has a transaction of its own: an error affects no other mail.
    """
    if outcome is not None and following is not None:
        with suppress(Exception):
            letter = _settle_and_prepare(claim, outcome, following)
            tally[outcome.result.value] += 1
            return _ready(following, letter, tally)
    if outcome is not None:
        try:
            settlements.settle(claim, outcome)
            tally[outcome.result.value] += 1
        except Exception as error:
            _put_off(claim, error, tally)
    return _prepare(following, tally) if following else None


@transaction()
def _settle_and_prepare(claim: Claim, outcome: Outcome, following: Claim) -> Letter | None:
    """The end of one mail and the beginning of the next; a killed worker leaves one in doubt."""
    settlements.settle(claim, outcome)
    return preparation.prepare(following)


def _put_off(claim: Claim, error: Exception, tally: Counter[str]) -> None:
    # The error's text may contain the letter, so only its type and the delivery are logged.
    log.error("%s with delivery %s", type(error).__name__, claim.row_id)
    settlements.put_off(claim)
    tally["broken"] += 1


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
