"""Telling those who decide that requests wait: at most once an hour, in one mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import or_, select, text, update

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import organizations, upkeep
from webapp.domain.mail import queue
from webapp.domain.requests import asks, lapses, notices
from webapp.models import Membership, Organization, Request, Role, User
from webapp.models.request import UNTOLD

PAUSE = timedelta(hours=1)


def run() -> None:
    """Put new requests on record, end lapsed ones, and tell of those that wait. Safe twice."""
    asks.sort()
    lapses.sweep()
    upkeep.each(_acts())


def _acts() -> Iterator[Callable[[], int]]:
    for organization_id in _due():
        yield partial(_tell, organization_id)


def _due() -> Sequence[int]:
    waiting = select(Request.organization_id).where(text(UNTOLD), Request.recorded_at.is_not(None))
    told_at = Organization.requests_told_at
    query = select(Organization.id).where(
        Organization.id.in_(waiting),
        Organization.is_active,
        or_(told_at.is_(None), told_at <= clock.now() - PAUSE),
    )
    return db.session.scalars(query.order_by(Organization.id)).all()


@transaction()
def _tell(organization_id: int) -> int:
    """Mail the admins, and the sponsors of those who ask to stay; returns how many mails."""
    organization = db.session.get_one(Organization, organization_id)
    organizations.hold(organization)
    now, told_at = clock.now(), organization.requests_told_at
    if not organization.is_active or (told_at is not None and told_at > now - PAUSE):
        return 0
    readers = _readers(organization_id)
    organization.requests_told_at = now
    db.session.execute(
        update(Request)
        .where(Request.organization_id == organization_id, text(UNTOLD))
        .where(Request.recorded_at.is_not(None))
        .values(told_at=now)
        .execution_options(synchronize_session=False)
    )
    mails = [
        queue.queue_mail(notices.KIND, organization_id=organization_id, user=user)
        for user in readers
    ]
    return len([mail for mail in mails if mail is not None])


def _readers(organization_id: int) -> Sequence[User]:
    """Admins, and sponsors of new ones who ask to stay, but nobody of their own request alone."""
    new = (Request.organization_id == organization_id, text(UNTOLD))
    sponsors = (
        select(Membership.sponsor_id)
        .join(Request, Request.membership_id == Membership.id)
        .where(*new, Request.kind == "stay", Membership.sponsor_id.is_not(None))
    )
    here = Membership.organization_id == organization_id
    readers = select(Membership.user_id).where(
        here,
        Membership.has_access,
        or_(Membership.role == Role.ADMIN, Membership.user_id.in_(sponsors)),
    )
    others = or_(Request.maker_id.is_(None), Request.maker_id != User.id)
    has_news = select(Request.id).where(*new, Request.recorded_at.is_not(None), others).exists()
    # Their daily shares stay locked until commit: taken in one order, no deadlock.
    query = select(User).where(User.id.in_(readers), has_news).order_by(User.email_key)
    return db.session.scalars(query).all()
