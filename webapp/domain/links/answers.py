"""What becomes of the addresses that were typed at join links: most are invited."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from webapp import clock, queue, stopping
from webapp.db import db, transaction
from webapp.domain import invitations, organizations, tenant
from webapp.domain.deliverability import deliveries
from webapp.domain.errors import Refusal, UsedUp
from webapp.domain.links import approvals, fields
from webapp.domain.mail.queue import DRAIN
from webapp.models import Invitation, JoinAsk, JoinLink, Organization

BATCH = 50
LONGEST = timedelta(seconds=30)  # then mails are sent, and another job goes on
PAUSE = timedelta(minutes=1)  # after an answer that broke
GIVEN_UP = timedelta(days=1)  # then its place is free again
WAITS_MOST = timedelta(days=7)  # while every day's share of invitations is used up

log = logging.getLogger("gatehouse.links")


def answer_asks() -> int:
    """Answer all that are due, in the order in which they came; returns how many.

    Safe to run many times at once.
    """
    answered, last, until = 0, 0, clock.now() + LONGEST
    while not stopping.is_asked() and (batch := _due(last)):
        for organization_id, ask_id in batch:
            answered += _answer_safely(organization_id, ask_id)
            last = ask_id
        if clock.now() > until:
            queue.enqueue(DRAIN)
            break
    return answered


def put_off(link: JoinLink) -> int:
    """How many addresses wait at the link for another day's share of invitations."""
    later = clock.now() + PAUSE
    query = select(func.count()).where(JoinAsk.link_id == link.id, JoinAsk.due_at > later)
    return int(db.session.scalar(query) or 0)


def _due(after: int) -> Sequence[tuple[int, int]]:
    query = select(JoinAsk.organization_id, JoinAsk.id).where(
        JoinAsk.due_at <= clock.now(), JoinAsk.id > after
    )
    rows = db.session.execute(query.order_by(JoinAsk.id).limit(BATCH)).all()
    db.session.rollback()
    return [(organization_id, ask_id) for organization_id, ask_id in rows]


def _answer_safely(organization_id: int, ask_id: int) -> bool:
    """One that breaks is tried again later, and stops neither the others nor the mails."""
    try:
        return _answer(organization_id, ask_id)
    except Exception as error:
        # Its text may contain the address.
        log.error("%s with ask %s", type(error).__name__, ask_id)
        _put_off(organization_id, ask_id)
        return False


@transaction()
def _answer(organization_id: int, ask_id: int) -> bool:
    """Invite the address in the author's name, make a request of it, or forget it.

    In each case its ask is gone; but it waits for the next day when the author or the organization
    has sent all of today's share.
    """
    organization = db.session.get_one(Organization, organization_id)
    # Before the ask, as when a link is revoked. A suspended organization invites nobody below.
    with suppress(Refusal):
        organizations.lock(organization)
    query = select(JoinAsk).where(JoinAsk.organization_id == organization_id, JoinAsk.id == ask_id)
    ask = db.session.scalar(query.with_for_update(skip_locked=True))
    if ask is None:  # somebody else answers it
        return False
    link = tenant.get(organization, JoinLink, ask.link_id, load=[JoinLink.author])
    if link.role not in fields.ROLES:  # a later version wrote it, and will know what it means
        ask.due_at = clock.now() + PAUSE
        return False
    limit = _serve_or_mail_again(organization, link, ask)
    if limit is not None and ask.created_at > clock.now() - WAITS_MOST:
        ask.due_at = limit.until
        return False
    db.session.delete(ask)
    return True


def _serve_or_mail_again(organization: Organization, link: JoinLink, ask: JoinAsk) -> UsedUp | None:
    """Serve the ask; returns the refusal if today's share of invitations is used up."""
    try:
        _serve(organization, link, ask)
    except UsedUp as limit:
        return limit if limit.field is None else None  # with a field it is the address's own
    except Refusal as refusal:
        invitation_id = refusal.facts.get("invitation_id")
        if invitation_id is not None:
            with suppress(Refusal):
                _mail_again(organization, link, invitation_id)
    return None


def _serve(organization: Organization, link: JoinLink, ask: JoinAsk) -> None:
    if link.approval:
        approvals.request(link, ask)
    else:
        _invite(organization, link, ask.email)


def _invite(organization: Organization, link: JoinLink, email: str) -> None:
    invitations.create(
        organization,
        by=link.author,
        email=email,
        role=link.role,
        groups=[group.slug for group in link.groups],
        by_link=link,
    )


def _mail_again(organization: Organization, link: JoinLink, invitation_id: int) -> None:
    """Mail the current link once more to somebody who asks again by the same join link."""
    invitation = tenant.get(organization, Invitation, invitation_id, lock="update")
    if invitation.join_link_id == link.id and invitation.is_open(clock.now(), hold=True):
        deliveries.to_invitee(invitation, "invitation")


@transaction()
def _put_off(organization_id: int, ask_id: int) -> None:
    """Try it again in a minute; forget it after a day."""
    this = (JoinAsk.organization_id == organization_id, JoinAsk.id == ask_id)
    now = clock.now()
    db.session.execute(delete(JoinAsk).where(*this, JoinAsk.created_at < now - GIVEN_UP))
    db.session.execute(
        update(JoinAsk)
        .where(*this)
        .values(due_at=now + PAUSE)
        .execution_options(synchronize_session=False)
    )
