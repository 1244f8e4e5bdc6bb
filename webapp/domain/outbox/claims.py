"""Sending safely with many workers: mails are claimed with a lease and settled once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import events, leases
from webapp.domain.invitations import links
from webapp.domain.leases import Claim
from webapp.domain.outbox import attempts, fair_queue, rate
from webapp.mailer import Outcome
from webapp.models import Delivery, DeliveryState, Invitation, MailHold
from webapp.smtp import Result

LEASE = timedelta(seconds=180)  # longer than one mail can take with all its time-outs
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP = timedelta(hours=24)
HOLD = timedelta(minutes=5)
UNREADY = "It could not be made ready to be sent."

_WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING)


@transaction()
def take(limit: int) -> list[Claim]:
    """Take up to `limit` due mails for this worker, turn by turn over the organizations.

    Mails of no organization have a turn of their own. Due is also what another worker left
    behind when its lease ran out. No more are taken than the pace allows.
    """
    rate.take_turn()
    chosen = fair_queue.choose(rate.left(limit))
    rows = db.session.scalars(
        select(Delivery)
        .where(Delivery.id.in_(chosen), Delivery.state.in_(_WAITING), leases.is_free(Delivery))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for row in rows:
        row.state = DeliveryState.SENDING
    taken = leases.take(rows, LEASE)
    return [taken[one] for one in chosen if one in taken]


def held(claim: Claim) -> Delivery | None:
    """The claimed mail, locked and with a fresh lease; None when the lease was lost."""
    row = db.session.scalar(
        select(Delivery)
        .where(leases.is_held(Delivery, claim), Delivery.state == DeliveryState.SENDING)
        .with_for_update()
    )
    if row is not None:
        leases.renew(row, LEASE)
    return row


@transaction()
def release(claims: list[Claim]) -> None:
    """Give claimed mails back untried; they keep their place before what was queued later."""
    for claim in claims:
        db.session.execute(
            update(Delivery)
            .where(leases.is_mine(Delivery, claim))
            .values(state=DeliveryState.QUEUED, lease=None, due_at=Delivery.tried_since)
        )


def suppress(delivery: Delivery, invitation: Invitation | None, why: str) -> None:
    """End a mail that is not worth sending any more."""
    _end(delivery, DeliveryState.SUPPRESSED, why)
    _show(delivery, invitation)


@transaction()
def settle(claim: Claim, outcome: Outcome) -> None:
    """Write down what became of one try; a mail whose lease was lost is left to its new holder."""
    delivery = mine(claim)
    if delivery is None:
        return
    # Filters quote the link that they did not like; it is nobody's but the recipient's.
    words = links.TOKEN.sub("token=…", outcome.words)
    invitation = _invitation(delivery)
    waited = clock.now() - delivery.tried_since
    attempts.add(delivery, outcome.result.value, words)
    if outcome.result is Result.SENT:
        _end(delivery, DeliveryState.SENT, None)
        _record(delivery, invitation, "InvitationSent")
    elif outcome.result is Result.UNKNOWN:
        _end(delivery, DeliveryState.UNKNOWN, words)
    elif outcome.result is Result.REFUSED_SIGN_IN:
        delivery.attempts -= 1
        _wait(delivery, timedelta(0), words)
        _hold(words)
    elif outcome.result is Result.DEFERRED and waited < GIVE_UP:
        _wait(delivery, pause(delivery.attempts), words)
    else:
        _end(delivery, DeliveryState.FAILED, words)
        _record(delivery, invitation, "InvitationSendFailed", words=words)
    _show(delivery, invitation)


@transaction()
def put_off(claim: Claim) -> None:
    """Let a mail that could not even be tried wait, so that it does not hold up the others."""
    delivery = mine(claim)
    if delivery is not None:
        delivery.attempts += 1
        attempts.add(delivery, "broken", UNREADY)
        _wait(delivery, pause(delivery.attempts), UNREADY)


def put_back(
    delivery: Delivery, *, words: str | None = None, pause: timedelta = timedelta(0)
) -> None:
    """Leave a claimed mail untried, in the present transaction; with a pause, for so long.

    The day of trying begins when it can be tried.
    """
    delivery.state, delivery.lease = DeliveryState.QUEUED, None
    if pause:
        delivery.words = words
        delivery.due_at = delivery.tried_since = clock.now() + pause


def pause(attempts: int) -> timedelta:
    """How long to wait after so many tries: a minute, doubling, at most an hour."""
    doublings = min(max(attempts, 1) - 1, 10)
    return min(timedelta(minutes=2**doublings), LONGEST_PAUSE)


def mine(claim: Claim) -> Delivery | None:
    """The claimed mail, locked; also when its lease ran out, unless somebody took it since."""
    return db.session.scalar(
        select(Delivery).where(leases.is_mine(Delivery, claim)).with_for_update()
    )


def _hold(words: str) -> None:
    now = clock.now()
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    news = {"until": now + HOLD, "words": words}
    db.session.execute(
        insert(MailHold)
        .values(id=1, since=now, **news)
        .on_conflict_do_update(index_elements=["id"], set_=news)
    )


def _wait(delivery: Delivery, pause: timedelta, words: str) -> None:
    delivery.state, delivery.lease, delivery.words = DeliveryState.QUEUED, None, words
    delivery.due_at = clock.now() + pause


def _end(delivery: Delivery, state: DeliveryState, words: str | None) -> None:
    delivery.state, delivery.lease, delivery.words = state, None, words
    delivery.settled_at = clock.now()


def _invitation(delivery: Delivery) -> Invitation | None:
    if delivery.invitation_id is None:
        return None
    return db.session.get(Invitation, delivery.invitation_id, with_for_update=True)


def _record(delivery: Delivery, invitation: Invitation | None, name: str, **data: str) -> None:
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


def _show(delivery: Delivery, invitation: Invitation | None) -> None:
    # Only the current link's mail speaks for the invitation in the table.
    if invitation is not None and invitation.link_number == delivery.link_number:
        invitation.delivery_state = delivery.state
