"""Sending what waits: claim a batch, look again at each mail, send it, write down the outcome."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp import clock, config, queue
from webapp.db import db, transaction
from webapp.domain import (
    acceptances,
    confirmations,
    deliveries,
    leases,
    links,
    mail_letters,
    mail_templates,
    openings,
    permissions,
    provider_events,
    resets,
    return_paths,
    suppressions,
    unsubscribes,
    webhook_stops,
)
from webapp.domain.leases import Claim
from webapp.mailer import Batch, Letter, Mailer
from webapp.models import Delivery, Invitation, Organization, Role, User
from webapp.smtp import Result

BATCH = 50
SECONDS = 20.0  # for a letter, and again for the last answer; a lease outlives both
TURN = timedelta(seconds=20)  # then the organizations are asked anew who has mail
LONGEST = timedelta(seconds=120)  # then another job goes on, so that none runs out of its time

log = logging.getLogger("gatehouse.outbox")


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
    while claims := leases.claim(BATCH):
        if not _send(mailer, claims, until, tally):
            break
    if held is not None and tally[Result.SENT.value]:
        deliveries.lift_hold()
    if tally:
        log.info("outbox: %s", ", ".join(f"{n} {word}" for word, n in sorted(tally.items())))
    return tally


def _send(mailer: Mailer, claims: list[Claim], until: datetime, tally: Counter[str]) -> bool:
    """Send a batch; False when this run ends with it: the server is away, or the time is up.

    With a slow server the batch is cut short, so that nobody's one mail waits for all of it.
    """
    turn = clock.now() + TURN
    with mailer.batch() as batch:
        for number, claim in enumerate(claims):
            if clock.now() > min(turn, until):
                leases.release(claims[number:])
                break
            tally[_send_one(batch, claim)] += 1
            if batch.broken:
                leases.release(claims[number + 1 :])
                return False
    if clock.now() > until:
        queue.wake(deliveries.DRAIN)
        return False
    return True


def _send_one(batch: Batch, claim: Claim) -> str:
    """Try one mail and write down the outcome; one that breaks our own code harms no other."""
    try:
        letter = _prepare(claim)
        if letter is None:
            return "skipped"
        outcome = batch.send(letter)
        leases.settle(claim, outcome)
        return outcome.result.value
    except Exception as error:
        # The error's text may hold the letter; its kind and place are enough to find it.
        log.error("%s with delivery %s", type(error).__name__, claim.delivery_id)
        leases.put_off(claim)
        return "broken"


@transaction()
def _prepare(claim: Claim) -> Letter | None:
    """The letter as of now; None when the lease was lost or the mail is not worth sending."""
    delivery = leases.held(claim)
    if delivery is None:
        return None
    letter = _of_invitation(delivery) if delivery.invitation_id else _of_user(delivery)
    if letter is None:
        return None
    delivery.attempts += 1
    return replace(
        letter,
        return_path=return_paths.of(delivery.id),
        headers=(*letter.headers, *provider_events.headers(delivery)),
    )


def _of_invitation(delivery: Delivery) -> Letter | None:
    invitation = db.session.scalars(
        select(Invitation)
        .options(joinedload(Invitation.organization), joinedload(Invitation.inviter))
        .where(Invitation.id == delivery.invitation_id)
        .execution_options(populate_existing=True)
    ).one()
    if not invitation.organization.is_active:
        leases.put_back(delivery)  # it goes out when the organization goes on
        return None
    if not invitation.is_understood:
        leases.put_back(delivery)  # a later version wrote it, and will know what it means
        return None
    status = invitation.status(clock.now())
    if status != "pending":
        leases.suppress(delivery, invitation, f"The invitation was {status} before it was sent.")
        return None
    if invitation.link_number != delivery.link_number:
        leases.suppress(delivery, invitation, "A newer link was made before it was sent.")
        return None
    if openings.is_closed(invitation):
        leases.suppress(delivery, invitation, "The inviter is no longer an admin.")
        return None
    if suppressions.reasons(invitation.organization_id, [invitation.email_key]):
        leases.suppress(delivery, invitation, "The address may not be mailed any more.")
        return None
    letter = mail_letters.invitation(
        delivery,
        invitation,
        invitation.organization,
        invitation.inviter,
        links.address(invitation, links.MAILED),
    )
    return replace(letter, headers=unsubscribes.headers(invitation), reply_to=_reply_to(invitation))


def _reply_to(invitation: Invitation) -> str | None:
    """Whom an answer reaches where the organization wants it; only somebody's proved mailbox."""
    inviter = invitation.inviter
    if inviter is None or not invitation.organization.reply_to_inviter or not inviter.is_verified:
        return None
    return inviter.email


def _of_user(delivery: Delivery) -> Letter | None:
    user = db.session.get_one(User, delivery.user_id)
    if user.deleted_at:
        leases.suppress(delivery, None, "The account was deleted before it was sent.")
        return None
    if delivery.kind == resets.KIND:
        expires = clock.now() + timedelta(seconds=resets.SECONDS)
        return mail_letters.reset(delivery, user, resets.address(user), expires)
    organization = db.session.get_one(Organization, delivery.organization_id)
    if not organization.is_active:
        leases.put_back(delivery)
        return None
    if delivery.kind == acceptances.WELCOME:
        return _welcome(delivery, organization, user)
    if delivery.kind == mail_templates.TRIAL:
        return _trial(delivery, organization, user)
    if delivery.kind == webhook_stops.KIND:
        return _webhook_stopped(delivery, organization, user)
    return _confirmation(delivery, organization, user)


def _welcome(delivery: Delivery, organization: Organization, user: User) -> Letter | None:
    role = permissions.role_of(organization.id, user.id, hold=False)
    if role is None:
        leases.suppress(delivery, None, "They were no member any more before it was sent.")
        return None
    if role not in set(Role):
        leases.put_back(delivery)
        return None
    return mail_letters.welcome(delivery, organization, user, role)


def _trial(delivery: Delivery, organization: Organization, user: User) -> Letter | None:
    draft = mail_templates.draft_of(delivery)
    if draft is None:
        leases.suppress(delivery, None, "The text was forgotten before it was sent.")
        return None
    return mail_letters.trial(delivery, draft, organization, user)


def _webhook_stopped(delivery: Delivery, organization: Organization, user: User) -> Letter | None:
    if permissions.role_of(organization.id, user.id, hold=False) != Role.ADMIN:
        leases.suppress(delivery, None, "They were no admin any more before it was sent.")
        return None
    hosts = [one.host for one in webhook_stops.stopped(delivery)]
    if not hosts:
        leases.suppress(delivery, None, "The webhook was put right before it was sent.")
        return None
    return mail_letters.webhook_stopped(delivery, organization, user, hosts)


def _confirmation(delivery: Delivery, organization: Organization, user: User) -> Letter | None:
    if user.is_verified:
        leases.suppress(delivery, None, "The address was confirmed before it was sent.")
        return None
    return mail_letters.confirmation(delivery, organization, user, confirmations.address(user))


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
