"""One mail about a long list of people, once none of its invitations is open any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select, text

from webapp import clock, languages
from webapp.db import db, transaction
from webapp.domain import organizations, upkeep
from webapp.domain.accounts import notice_choices
from webapp.domain.errors import Refusal
from webapp.domain.invitations import inviter_notices, notice_rounds
from webapp.domain.invitations.notice_mails import FORGOTTEN, NOT_FOR_THEM, SUMMARIES
from webapp.domain.letters import inviter_notices as letters
from webapp.domain.mail import composing, kinds, queue
from webapp.domain.mail.composing import Composed, Drop
from webapp.languages import marked
from webapp.models import (
    BulkImport,
    BulkImportRow,
    Delivery,
    DeliveryState,
    Invitation,
    InvitationState,
    InviterNotice,
    NoticeOutcome,
    Organization,
    User,
)
from webapp.models.inviter_notice import UNTOLD
from webapp.upserts import upsert

KIND = "list"  # of the mail
LOOK_EVERY = timedelta(hours=1)
NOBODY = marked("Nobody was invited from the list.")
_UNDELIVERED = (DeliveryState.FAILED, DeliveryState.BOUNCED, DeliveryState.SUPPRESSED)


def note(bulk_import: BulkImport, sent: int) -> None:
    """Note that whoever started a long list is to get its summary, in the present transaction."""
    actor = db.session.get(User, bulk_import.actor_id) if bulk_import.actor_id else None
    is_long = bulk_import.total > inviter_notices.LIST_MOST
    if actor is None or not sent or not is_long or not notice_choices.wants(actor):
        return
    now = clock.now()
    notice = {
        "organization_id": bulk_import.organization_id,
        "user_id": actor.id,
        "outcome": NoticeOutcome.LIST,
        "import_id": bulk_import.id,
        "at": now,
        "due_at": now + LOOK_EVERY,
    }
    upsert(InviterNotice, notice, on=["import_id"])


def send_due() -> int:
    """Queue the mails about lists that nobody can answer any more; returns how many."""
    due = (
        select(InviterNotice.id, InviterNotice.organization_id)
        .join(Organization, Organization.id == InviterNotice.organization_id)
        .where(
            text(UNTOLD),
            InviterNotice.due_at <= clock.now(),
            InviterNotice.outcome == NoticeOutcome.LIST,
            Organization.is_active,
        )
        .order_by(InviterNotice.id)
    )
    found = db.session.execute(due).all()
    return sum(upkeep.each(partial(_look, row.organization_id, row.id) for row in found))


@transaction()
def _look(organization_id: int, notice_id: int) -> int:
    """Queue the mail about one list, unless an invitation of it is open; returns how many."""
    organization = db.session.get_one(Organization, organization_id)
    try:
        organizations.lock(organization)
    except Refusal:  # suspended since
        return 0
    notice = _held(organization, notice_id)
    if notice is None:
        return 0
    user = db.session.get(User, notice.user_id)
    if user is None or not notice_rounds.may_hear(organization_id, user):
        db.session.delete(notice)
        return 0
    is_open = db.session.scalar(select(_is_open(notice.import_id, clock.now())))
    mail = None if is_open else queue.queue_mail(KIND, organization_id=organization_id, user=user)
    if mail is None:
        notice.due_at = clock.now() + LOOK_EVERY
        return 0
    notice.delivery_id = mail.id
    return 1


def _held(organization: Organization, notice_id: int) -> InviterNotice | None:
    """What is still to be told, locked; None if another worker has it."""
    return db.session.scalar(
        select(InviterNotice)
        .where(
            InviterNotice.organization_id == organization.id,
            InviterNotice.id == notice_id,
            text(UNTOLD),
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


@kinds.composes(KIND, cause="people on a list answer", share=SUMMARIES)
def _compose(delivery: Delivery) -> Composed:
    organization, reader = composing.organization(delivery), composing.account(delivery)
    if not notice_rounds.may_hear(organization.id, reader):
        return Drop(NOT_FOR_THEM)
    bulk_import = db.session.scalar(
        select(BulkImport)
        .join(InviterNotice, InviterNotice.import_id == BulkImport.id)
        .where(InviterNotice.delivery_id == delivery.id)
    )
    if bulk_import is None or bulk_import.started_at is None:
        return Drop(FORGOTTEN)
    counts: dict[str, int] = dict(db.session.execute(_counts(bulk_import.id, clock.now())).all())
    if not counts:
        return Drop(NOBODY)
    with languages.written_in(reader.language, organization.language):
        return letters.list_summary(
            delivery,
            organization,
            reader,
            started_at=bulk_import.started_at,
            counts=counts,
            stop=notice_choices.address(reader),
        )


def _of_list(import_id: int | None) -> ColumnElement[bool]:
    return and_(BulkImportRow.import_id == import_id, Invitation.id == BulkImportRow.invitation_id)


def _is_open(import_id: int | None, now: datetime) -> ColumnElement[bool]:
    """Whether somebody on the list can still answer."""
    return exists().where(_of_list(import_id), Invitation.is_pending(now))


def _counts(import_id: int, now: datetime) -> Select[Any]:
    """What became of the people on the list: the state, or that no mail reached them."""
    is_unanswered = Invitation.state.in_([InvitationState.PENDING, InvitationState.EXPIRED])
    outcome = case(
        (and_(is_unanswered, Invitation.delivery_state.in_(_UNDELIVERED)), "unreachable"),
        (Invitation.state == InvitationState.PENDING, InvitationState.EXPIRED.value),
        else_=Invitation.state,
    )
    counted = select(outcome.label("outcome"), func.count()).where(_of_list(import_id))
    return counted.group_by("outcome")
