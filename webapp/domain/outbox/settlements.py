"""What becomes of a claimed mail: written down once, by the worker that still holds it."""

from __future__ import annotations

from datetime import timedelta

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import events
from webapp.domain.invitations import links
from webapp.domain.leases import Claim
from webapp.domain.outbox import attempts, claims
from webapp.mailer import Outcome
from webapp.models import Delivery, DeliveryState, Invitation, MailHold
from webapp.smtp import Result
from webapp.upserts import upsert

LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP = timedelta(hours=24)
HOLD = timedelta(minutes=5)
UNREADY = "It could not be made ready to be sent."


@transaction()
def settle(claim: Claim, outcome: Outcome) -> None:
    """Write down what became of one try; a mail whose lease was lost is left to its new holder."""
    delivery = claims.mine(claim)
    if delivery is None:
        return
    invitation = invitation_of(delivery)
    # Filters quote the link that they did not like; it is nobody's but the recipient's.
    words = links.TOKEN.sub("token=…", outcome.words)
    attempts.add(delivery, outcome.result.value, words)
    match outcome.result:
        case Result.SENT:
            end(delivery, DeliveryState.SENT, None)
            record(delivery, invitation, "InvitationSent")
        case Result.UNKNOWN:
            end(delivery, DeliveryState.UNKNOWN, words)
        case Result.REFUSED_SIGN_IN:
            _hold_everything(delivery, words)
        case Result.DEFERRED if clock.now() - delivery.tried_since < GIVE_UP:
            _wait(delivery, pause(delivery.attempts), words)
        case _:
            end(delivery, DeliveryState.FAILED, words)
            record(delivery, invitation, "InvitationSendFailed", words=words)
    show(delivery, invitation)


@transaction()
def put_off(claim: Claim) -> None:
    """Let a mail that could not even be tried wait, so that it does not hold up the others."""
    delivery = claims.mine(claim)
    if delivery is not None:
        delivery.attempts += 1
        attempts.add(delivery, "broken", UNREADY)
        _wait(delivery, pause(delivery.attempts), UNREADY)


def drop(delivery: Delivery, why: str) -> None:
    """End a held mail that is not worth sending any more, in the present transaction."""
    end(delivery, DeliveryState.SUPPRESSED, why)
    show(delivery, invitation_of(delivery))


def pause(attempts: int) -> timedelta:
    """How long to wait after so many tries: a minute, doubling, at most an hour."""
    doublings = min(max(attempts, 1) - 1, 10)
    return min(timedelta(minutes=2**doublings), LONGEST_PAUSE)


def _hold_everything(delivery: Delivery, words: str) -> None:
    """The mail server refused our own sign-in: no mail is to blame, and all of them wait."""
    delivery.attempts -= 1
    _wait(delivery, timedelta(0), words)
    now = clock.now()
    hold = {"id": 1, "since": now, "until": now + HOLD, "words": words}
    upsert(MailHold, hold, on=["id"], update=["until", "words"])


def _wait(delivery: Delivery, pause: timedelta, words: str) -> None:
    delivery.state, delivery.lease, delivery.words = DeliveryState.QUEUED, None, words
    delivery.due_at = clock.now() + pause


def end(delivery: Delivery, state: DeliveryState, words: str | None) -> None:
    """Write down how a locked mail ended; whoever sends it just now finds its lease gone."""
    delivery.state, delivery.lease, delivery.words = state, None, words
    delivery.settled_at = clock.now()


def invitation_of(delivery: Delivery) -> Invitation | None:
    """The invitation of a locked mail, locked; None for a mail about an account."""
    if delivery.invitation_id is None:
        return None
    return db.session.get(
        Invitation, delivery.invitation_id, with_for_update=True, populate_existing=True
    )


def record(delivery: Delivery, invitation: Invitation | None, name: str, **data: str) -> None:
    """Record what became of an invitation's mail; of other mails nothing is recorded."""
    if invitation is not None:
        events.record(
            delivery.organization_id,
            name,
            by="system",
            invitation=invitation,
            email=delivery.recipient,
            message_id=delivery.message_id,
            **data,
        )


def show(delivery: Delivery, invitation: Invitation | None) -> None:
    """Have the table of invitations say it; only the mail of the current link speaks for one."""
    if invitation is not None and invitation.link_number == delivery.link_number:
        invitation.delivery_state = delivery.state
