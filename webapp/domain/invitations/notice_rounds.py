"""Mailing inviters what was noted for them: each at once, or all of a day in one summary."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import delete, select, text

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import organizations, upkeep
from webapp.domain.accounts import notice_choices
from webapp.domain.errors import Refusal
from webapp.domain.mail import queue
from webapp.domain.organizations import days, permissions
from webapp.models import InviterNotice, NoticeOutcome, Organization, User
from webapp.models.inviter_notice import UNTOLD

# What is told of one person; each is also the kind of its mail. A later version may know more.
ONE_PERSONS = (NoticeOutcome.JOINED, NoticeOutcome.DECLINED, NoticeOutcome.UNREACHABLE)
SUMMARY = "answers"  # the kind of mail
SUMMARY_HOUR = 8  # by the organization's own clock
KEPT = timedelta(days=7)  # longer than a mail is tried


def send_due() -> int:
    """Queue the mails about what was noted; returns how many. Safe to run at once."""
    return sum(upkeep.each(partial(_tell, *whom) for whom in _waiting()))


def may_hear(organization_id: int, user: User | None) -> bool:
    """Whether the inviter wants these mails, and may still see the organization's invitations."""
    if user is None or not notice_choices.wants(user):
        return False
    role = permissions.role_of(organization_id, user.id, hold=False)
    return role is not None and permissions.allows(role, "invitations:read")


def _waiting() -> Sequence[tuple[int, int]]:
    """Who is to be told something now: organizations and users."""
    pairs = (
        select(InviterNotice.organization_id, InviterNotice.user_id)
        .join(Organization, Organization.id == InviterNotice.organization_id)
        .where(
            text(UNTOLD),
            InviterNotice.due_at <= clock.now(),
            InviterNotice.outcome.in_(ONE_PERSONS),
            Organization.is_active,
        )
        .distinct()
        .order_by(InviterNotice.organization_id, InviterNotice.user_id)
    )
    return [(row.organization_id, row.user_id) for row in db.session.execute(pairs)]


@transaction()
def _tell(organization_id: int, user_id: int) -> int:
    """Tell one inviter what is due; returns how many mails that takes."""
    organization = db.session.get_one(Organization, organization_id)
    try:
        organizations.lock(organization)
    except Refusal:  # suspended since
        return 0
    notices = _due_notices(organization_id, user_id)
    user = db.session.get(User, user_id)
    if user is None or not may_hear(organization_id, user):
        ids = [notice.id for notice in notices]
        db.session.execute(delete(InviterNotice).where(InviterNotice.id.in_(ids)))
        return 0
    new = [notice for notice in notices if notice.due_at == notice.at]
    put_off = [notice for notice in notices if notice.due_at != notice.at]
    return _tell_each(organization, user, new) + _sum_up(organization, user, put_off)


def _due_notices(organization_id: int, user_id: int) -> Sequence[InviterNotice]:
    return db.session.scalars(
        select(InviterNotice)
        .where(
            InviterNotice.organization_id == organization_id,
            InviterNotice.user_id == user_id,
            text(UNTOLD),
            InviterNotice.due_at <= clock.now(),
            InviterNotice.outcome.in_(ONE_PERSONS),
        )
        .order_by(InviterNotice.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()


def _tell_each(organization: Organization, user: User, notices: list[InviterNotice]) -> int:
    """A mail for each; what goes beyond the day's share waits for the summary."""
    told = 0
    if user.inviter_notices == notice_choices.EACH:
        for notice in notices:
            mail = queue.queue_mail(notice.outcome, organization_id=organization.id, user=user)
            if mail is None:
                break
            notice.delivery_id = mail.id
            told += 1
    _put_off(organization, notices[told:])
    return told


def _sum_up(organization: Organization, user: User, notices: list[InviterNotice]) -> int:
    """One mail for all of them."""
    if not notices:
        return 0
    mail = queue.queue_mail(SUMMARY, organization_id=organization.id, user=user)
    if mail is None:
        _put_off(organization, notices)
        return 0
    for notice in notices:
        notice.delivery_id = mail.id
    return 1


def _put_off(organization: Organization, notices: Sequence[InviterNotice]) -> None:
    for notice in notices:
        notice.due_at = next_summary(organization)


def next_summary(organization: Organization) -> datetime:
    """When the organization's next summaries are sent: at eight in the morning of its own time."""
    local = clock.now().astimezone(days.zone(organization))
    morning = local.replace(hour=SUMMARY_HOUR, minute=0, second=0, microsecond=0)
    if morning <= local:
        morning += timedelta(days=1)
    return morning.astimezone(UTC)


@upkeep.forgets
@transaction()
def forget() -> int:
    """Forget what was told a week ago; returns how many."""
    old = delete(InviterNotice).where(
        InviterNotice.delivery_id.is_not(None), InviterNotice.due_at < clock.now() - KEPT
    )
    return int(db.session.execute(old).rowcount)  # type: ignore[attr-defined]
