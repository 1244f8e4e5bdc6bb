"""Recording the outcome of a claimed mail: once, by the worker that still holds it."""

from __future__ import annotations

import re
from datetime import timedelta

from webapp import clock, config
from webapp.db import db, transaction
from webapp.domain import events
from webapp.domain.deliverability import bounce_reading, receivers, suppressions
from webapp.domain.deliverability.faults import Blame, Fault
from webapp.domain.invitations import inviter_notices, links
from webapp.domain.leases import Claim
from webapp.domain.outbox import attempts, claims
from webapp.languages import marked
from webapp.mailer import Outcome
from webapp.models import Delivery, DeliveryState, Invitation, MailHold
from webapp.smtp import Result, clean
from webapp.upserts import upsert

LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP = timedelta(hours=24)
HOLD = timedelta(minutes=5)
_REPLY = re.compile(r"[45]\d\d ")
MASK = "token=…"
UNREADY = marked("It could not be made ready to be sent.")


@transaction()
def settle(claim: Claim, outcome: Outcome) -> None:
    """Record the outcome of one attempt; does nothing if another worker holds the mail by now."""
    delivery = claims.mine(claim)
    if delivery is None:
        return
    invitation = invitation_of(delivery)
    # Spam filters quote links that they refuse, and the token is for the recipient only.
    words = links.TOKEN.sub(MASK, outcome.words)
    attempts.add(delivery, outcome.result.value, words)
    delivery.blame = delivery.cause = delivery.code = delivery.receiver = None
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
            if words.startswith("5"):  # our sender is refused, so every mail is
                _judge(delivery, words)
        case _:
            end(delivery, DeliveryState.FAILED, words)
            _judge(delivery, words)
            record(delivery, invitation, "InvitationSendFailed", words=words)
            inviter_notices.unreachable(invitation, delivery.link_number)
    show(delivery, invitation)


@transaction()
def put_off(claim: Claim) -> None:
    """Delay a mail that could not be prepared, so that it does not hold up the others."""
    delivery = claims.mine(claim)
    if delivery is not None:
        delivery.attempts += 1
        attempts.add(delivery, "broken", UNREADY)
        _wait(delivery, pause(delivery.attempts), UNREADY)


def drop(delivery: Delivery, why: str) -> None:
    """End a locked mail that is no longer worth sending, in the current transaction."""
    end(delivery, DeliveryState.SUPPRESSED, why)
    invitation = invitation_of(delivery)
    if why == suppressions.NOT_MAILED:
        inviter_notices.unreachable(invitation, delivery.link_number)
    show(delivery, invitation)


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts: a minute, doubling, at most an hour."""
    doublings = min(max(attempts, 1) - 1, 10)
    return min(timedelta(minutes=2**doublings), LONGEST_PAUSE)


def _hold_everything(delivery: Delivery, words: str) -> None:
    """Hold the whole queue when the mail server refuses our sign-in; no mail is to blame."""
    delivery.attempts -= 1
    _wait(delivery, timedelta(0), words)
    now = clock.now()
    hold = {"id": 1, "since": now, "until": now + HOLD, "words": words}
    upsert(MailHold, hold, on=["id"], update=["until", "words"])


def _wait(delivery: Delivery, pause: timedelta, words: str) -> None:
    delivery.state, delivery.lease, delivery.words = DeliveryState.QUEUED, None, words
    delivery.due_at = clock.now() + pause


def end(delivery: Delivery, state: DeliveryState, words: str | None) -> None:
    """Record how a locked mail ended; a worker that is sending it loses its lease."""
    delivery.state, delivery.lease, delivery.words = state, None, words
    delivery.settled_at = clock.now()


def come_back(
    delivery: Delivery, invitation: Invitation | None, fault: Fault, words: str, host: str = ""
) -> None:
    """Record that a locked mail came back, or was given up on the way, and why."""
    state = DeliveryState.FAILED if fault.has_failed else DeliveryState.BOUNCED
    name = "InvitationSendFailed" if fault.has_failed else "InvitationBounced"
    words = clean(links.TOKEN.sub(MASK, words), 500)
    end(delivery, state, words)
    _blame(delivery, fault, receivers.provider(host, _domain(delivery)))
    show(delivery, invitation)
    record(delivery, invitation, name, words=words)
    if fault.has_failed or fault.blame is Blame.ADDRESS:
        inviter_notices.unreachable(invitation, delivery.link_number)


def _judge(delivery: Delivery, words: str) -> None:
    """Note whose fault a refusal is, where the mail server says that it is not the address's."""
    if not _REPLY.match(words):
        return  # words of ours: no server answered
    fault = bounce_reading.classify("", words, _domain(delivery))
    if fault.blame in (Blame.SENDER, Blame.MAILBOX):
        server = config.current().mail_server
        _blame(delivery, fault, receivers.provider(server) or server[:40])


def _blame(delivery: Delivery, fault: Fault, receiver: str | None) -> None:
    delivery.blame, delivery.cause, delivery.code = fault.blame, fault.cause, fault.code or None
    delivery.receiver = receiver


def _domain(delivery: Delivery) -> str:
    return delivery.recipient.rpartition("@")[2]


def invitation_of(delivery: Delivery) -> Invitation | None:
    """The invitation of a locked mail, locked; None for a mail about an account."""
    if delivery.invitation_id is None:
        return None
    return db.session.get(
        Invitation, delivery.invitation_id, with_for_update=True, populate_existing=True
    )


def record(delivery: Delivery, invitation: Invitation | None, name: str, **data: str) -> None:
    """Record an event about an invitation's mail; other mails have no events."""
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
    """Copy the state to the invitation, for its table; only the current link's mail counts."""
    if invitation is not None and invitation.link_number == delivery.link_number:
        invitation.delivery_state = delivery.state
