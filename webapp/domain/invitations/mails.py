"""The mails that carry an invitation's current link: the first one, a new link, or a reminder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp import clock, languages
from webapp.db import db
from webapp.domain import letters
from webapp.domain.deliverability import suppressions
from webapp.domain.invitations import access, link_status, links, reminders
from webapp.domain.mail import kinds
from webapp.domain.mail.composing import Composed, Drop, Wait
from webapp.domain.mail.kinds import FROM_OTHERS
from webapp.languages import marked
from webapp.mail_message import Letter
from webapp.models import Delivery, Invitation

# Why a mail is not sent any more; kept in English with the mail.
ENDED = {
    "accepted": marked("The invitation was accepted before it was sent."),
    "expired": marked("The invitation was expired before it was sent."),
    "revoked": marked("The invitation was revoked before it was sent."),
    "declined": marked("The invitation was declined before it was sent."),
}
REPLACED = marked("A newer link replaced it before it was sent.")
UNBACKED = marked("The inviter is no longer an admin.")


@kinds.composes("invitation", cause="an admin invites", share=FROM_OTHERS, unproved=True)
@kinds.composes("resend", cause="an admin sends a new link", share=FROM_OTHERS, unproved=True)
@kinds.composes("renewal", cause="somebody holds an old link", share=FROM_OTHERS, unproved=True)
@kinds.composes(
    reminders.KIND, cause="an invitation is about to expire", share=FROM_OTHERS, unproved=True
)
def _compose(delivery: Delivery) -> Composed:
    invitation = db.session.scalars(
        select(Invitation)
        .options(joinedload(Invitation.inviter))
        .where(Invitation.id == delivery.invitation_id)
        .execution_options(populate_existing=True)
    ).one()
    if not invitation.is_understood:
        return Wait()  # a later version wrote it, and will know what it means
    reason = next(_reasons_against(delivery, invitation), None)
    return Drop(reason) if reason else _letter(delivery, invitation)


def _reasons_against(delivery: Delivery, invitation: Invitation) -> Iterator[str]:
    """Why the mail should not be sent any more; the first reason is the one that is shown."""
    status = invitation.status(clock.now())
    if status != "pending":
        yield ENDED[status]
    if invitation.link_number != delivery.link_number:
        yield REPLACED
    if link_status.is_closed(invitation):
        yield UNBACKED
    if suppressions.reasons(invitation.organization_id, [invitation.email_key]):
        yield suppressions.NOT_MAILED


def _letter(delivery: Delivery, invitation: Invitation) -> Letter:
    organization = invitation.organization
    with languages.written_in(invitation.language, organization.language):
        letter = letters.invitation(
            delivery,
            invitation,
            organization,
            invitation.inviter,
            links.address(invitation, links.MAILED),
            access.in_words(invitation),
        )
    return replace(letter, reply_to=_reply_to(invitation))


def _reply_to(invitation: Invitation) -> str | None:
    """The inviter's address, if the organization wants answers to go there and it is verified."""
    inviter = invitation.inviter
    if inviter is None or not invitation.organization.reply_to_inviter or not inviter.is_verified:
        return None
    return inviter.email
