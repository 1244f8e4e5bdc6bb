"""Sending what waits: claim a batch, look again at each mail, send it, write down the outcome."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from webapp import clock, config, queue
from webapp.db import transaction
from webapp.domain.deliverability import deliveries
from webapp.domain.leases import Claim
from webapp.domain.mail import queue as mail_queue
from webapp.domain.outbox import claims, composers, provider_events, return_paths
from webapp.mail_message import Letter
from webapp.mailer import Batch, Mailer
from webapp.models import Delivery
from webapp.smtp import Result

BATCH = 50
SECONDS = 20.0  # for a letter, and again for the last answer; a lease outlives both
TURN = timedelta(seconds=20)  # then the organizations are asked anew who has mail
LONGEST = timedelta(seconds=120)  # then another job goes on, so that none runs out of its time

UNKNOWN_KIND = "It waits for a newer release of Gatehouse, which knows mails of this kind."
UNKNOWN_PAUSE = timedelta(minutes=5)

log = logging.getLogger("gatehouse.outbox")
_told: set[str] = set()  # kinds that this process has logged


def drain() -> Counter[str]:
    """Send everything that is due over one connection per batch; returns counts by outcome.

    Safe to run many times at once. Stops early when the mail server cannot be reached.
    """
    mailer = way_out()
    tally: Counter[str] = Counter()
    until = clock.now() + LONGEST
    held = deliveries.hold()
    if held is not None and held.until > clock.now():
        return tally
    while taken := claims.take(BATCH):
        if not _send(mailer, taken, until, tally):
            break
    if held is not None and tally[Result.SENT.value]:
        deliveries.lift_hold()
    if tally:
        log.info("outbox: %s", ", ".join(f"{n} {word}" for word, n in sorted(tally.items())))
    return tally


def _send(mailer: Mailer, taken: list[Claim], until: datetime, tally: Counter[str]) -> bool:
    """Send a batch; False when this run ends with it: the server is away, or the time is up.

    With a slow server the batch is cut short, so that nobody's one mail waits for all of it.
    """
    turn = clock.now() + TURN
    with mailer.batch() as batch:
        for number, claim in enumerate(taken):
            if clock.now() > min(turn, until):
                claims.release(taken[number:])
                break
            tally[_send_one(batch, claim)] += 1
            if batch.broken:
                claims.release(taken[number + 1 :])
                return False
    if clock.now() > until:
        queue.enqueue(mail_queue.DRAIN)
        return False
    return True


def _send_one(batch: Batch, claim: Claim) -> str:
    """Try one mail and write down the outcome; one that breaks our own code harms no other."""
    try:
        letter = _prepare(claim)
        if letter is None:
            return "skipped"
        outcome = batch.send(letter)
        claims.settle(claim, outcome)
        return outcome.result.value
    except Exception as error:
        # The error's text may hold the letter; its kind and place are enough to find it.
        log.error("%s with delivery %s", type(error).__name__, claim.row_id)
        claims.put_off(claim)
        return "broken"


@transaction()
def _prepare(claim: Claim) -> Letter | None:
    """The letter as of now; None when the lease was lost or the mail is not worth sending."""
    delivery = claims.held(claim)
    if delivery is None:
        return None
    compose = composers.COMPOSERS.get(delivery.kind)
    if compose is None:
        _wait(delivery)
        return None
    letter = compose(delivery)
    if letter is None:
        return None
    delivery.attempts += 1
    return replace(
        letter,
        return_path=return_paths.of(delivery.id),
        headers=(*letter.headers, *provider_events.headers(delivery)),
    )


def _wait(delivery: Delivery) -> None:
    """Leave a mail of an unknown kind to the release that queued it; on record in the log once.

    During an upgrade the web may be newer than this worker.
    """
    if delivery.kind not in _told and delivery.words != UNKNOWN_KIND:
        log.error("a mail of the kind %s waits: this release does not know it", delivery.kind)
    _told.add(delivery.kind)
    claims.put_back(delivery, words=UNKNOWN_KIND, pause=UNKNOWN_PAUSE)


def way_out() -> Mailer:
    """The way to the mail server that the settings name."""
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
