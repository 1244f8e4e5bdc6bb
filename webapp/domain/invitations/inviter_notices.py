"""What inviters are told of the people they invited, noted in the transaction of the event.

`notice_rounds` mails it soon after. Nothing is counted or queued here: people who answer at the
same moment never wait for the counter of the one who invited them all.
"""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select

from webapp import clock, queue
from webapp.db import db, rows
from webapp.domain.accounts import notice_choices
from webapp.models import (
    BulkImport,
    BulkImportRow,
    Invitation,
    InvitationState,
    InviterNotice,
    NoticeOutcome,
    User,
)
from webapp.upserts import upsert

SEND = "jobs.inviter_notices.send"
LIST_MOST = 20  # a longer list of people gets one summary, and no notice of each
_ON_LONG_LIST = select(
    exists().where(
        # The key has an index; the invitation has none.
        BulkImportRow.email_key == bindparam("key"),
        BulkImportRow.invitation_id == bindparam("invitation"),
        BulkImport.id == BulkImportRow.import_id,
        BulkImport.total > LIST_MOST,
    )
)


def note(invitation: Invitation, outcome: NoticeOutcome, *, by: User | None = None) -> None:
    """Note what became of an invitation for its inviter, once for each link.

    Not for the operator, not of people on a long list, and not of what inviters do themselves:
    `by` is who is signed in.
    """
    inviter = db.session.get(User, invitation.inviter_id) if invitation.inviter_id else None
    if inviter is None or not notice_choices.wants(inviter):
        return
    is_own_act = inviter.email_key == invitation.email_key or (by and by.id == inviter.id)
    if is_own_act or _is_on_long_list(invitation):
        return
    now = clock.now()
    notice = {
        "organization_id": invitation.organization_id,
        "user_id": inviter.id,
        "outcome": outcome,
        "invitation_id": invitation.id,
        "link_number": invitation.link_number,
        "at": now,
        "due_at": now,
    }
    upsert(InviterNotice, notice, on=["invitation_id", "outcome", "link_number"])
    queue.enqueue(SEND)


def unreachable(invitation: Invitation | None, link_number: int | None) -> None:
    """Note that the mail with the current link of an open invitation reached nobody."""
    if (
        invitation is not None
        and invitation.link_number == link_number
        and invitation.state == InvitationState.PENDING
    ):
        note(invitation, NoticeOutcome.UNREACHABLE)


def _is_on_long_list(invitation: Invitation) -> bool:
    values = {"key": invitation.email_key, "invitation": invitation.id}
    return bool(rows(_ON_LONG_LIST, values).scalar())
