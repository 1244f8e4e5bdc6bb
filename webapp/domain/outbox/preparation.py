"""Checking a claimed mail again: its letter as of now, or why none is sent."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from webapp.db import db, transaction
from webapp.domain.leases import Claim
from webapp.domain.mail.composing import Composed, Drop, Wait
from webapp.domain.mail.kinds import KINDS
from webapp.domain.outbox import claims, provider_events, return_paths, settlements
from webapp.languages import marked
from webapp.mail_message import Letter
from webapp.models import Delivery, Organization, User

DELETED = marked("The account was deleted before it was sent.")
UNKNOWN_KIND = marked("It waits for a newer release of Gatehouse, which knows mails of this kind.")
UNKNOWN_PAUSE = timedelta(minutes=5)

log = logging.getLogger("gatehouse.outbox")
_logged: set[str] = set()  # unknown kinds that this process has logged


@transaction()
def prepare(claim: Claim) -> Letter | None:
    """The letter to send now; None if the lease was lost, or the mail waits or is dropped."""
    delivery = claims.held(claim)
    return _decide(delivery, _compose(delivery)) if delivery else None


def _decide(delivery: Delivery, composed: Composed) -> Letter | None:
    match composed:
        case Drop(why):
            settlements.drop(delivery, why)
        case Wait(pause, words):
            claims.put_back(delivery, pause, words)
        case Letter():
            delivery.attempts += 1
            return _addressed(composed, delivery)
    return None


def _compose(delivery: Delivery) -> Composed:
    kind = KINDS.get(delivery.kind)
    if kind is None:
        return _wait_for_newer(delivery)
    # The variables keep both in the session, so that the composer needs no query for them.
    user = db.session.get(User, delivery.user_id) if delivery.user_id else None
    organization = (
        db.session.get(Organization, delivery.organization_id) if delivery.organization_id else None
    )
    if user is not None and user.deleted_at:
        return Drop(DELETED)
    if organization is not None and not organization.is_active:
        return Wait()  # it is sent once the organization is resumed
    return kind.compose(delivery)


def _wait_for_newer(delivery: Delivery) -> Wait:
    """Leave a mail of an unknown kind to the release that queued it; logged once.

    During an upgrade the web process may be newer than this worker.
    """
    if delivery.kind not in _logged and delivery.words != UNKNOWN_KIND:
        log.error("a mail of the kind %s waits: this release does not know it", delivery.kind)
    _logged.add(delivery.kind)
    return Wait(UNKNOWN_PAUSE, UNKNOWN_KIND)


def _addressed(letter: Letter, delivery: Delivery) -> Letter:
    """The letter with the return path and headers by which its bounces are matched."""
    return replace(
        letter,
        return_path=return_paths.of(delivery.id),
        headers=(*letter.headers, *provider_events.headers(delivery)),
    )
