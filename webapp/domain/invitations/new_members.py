"""Admitting somebody by an invitation, in the transaction in which they accept or join."""

from __future__ import annotations

from dataclasses import dataclass

from webapp import clock
from webapp.domain import events
from webapp.domain.accounts import api_keys, confirmations, sessions
from webapp.domain.errors import Refusal
from webapp.domain.groups import invited
from webapp.domain.invitations import access, inviter_notices, welcomes
from webapp.domain.invitations.link_status import Opening
from webapp.domain.mail import queue
from webapp.domain.organizations import member_addresses, memberships
from webapp.languages import gettext
from webapp.models import Invitation, InvitationState, Membership, NoticeOutcome, User


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a new member is taken to: a session and an organization."""

    session_token: str
    slug: str


def admit(opening: Opening, user: User) -> Welcome:
    """Make the membership, with the groups that are still there, end the invitation, and sign in.

    The first mail is queued.
    """
    invitation = opening.invitation
    if member_addresses.is_member(invitation.organization, invitation.email_key):
        raise Refusal(gettext("You are already a member here. Sign in."))
    membership = _member(invitation, user)
    invitation.state = InvitationState.ACCEPTED
    invitation.ended_at = clock.now()
    invitation.user_id = user.id
    groups = invited.held(invitation)
    events.record(
        invitation.organization_id,
        "InvitationAccepted",
        by=user,
        invitation=invitation,
        email=invitation.email,
        role=invitation.role,
        user_id=user.id,
        skipped=", ".join(group.name for group in groups if not group.is_kept) or None,
    )
    invited.join(invitation, groups, membership, user)
    inviter_notices.note(invitation, NoticeOutcome.JOINED)
    queue.queue_mail(
        # The holder of an unverified account's mailbox is asked to confirm it first. When the
        # daily share is used up and no mail goes out, the account page offers another.
        welcomes.KIND if user.is_verified else confirmations.KIND,
        organization_id=invitation.organization_id,
        user=user,
    )
    token = sessions.start(user, invitation.organization_id)
    return Welcome(token, invitation.organization.slug)


def _member(invitation: Invitation, user: User) -> Membership:
    """The membership that the invitation gives: a new one, or that of somebody who comes back."""
    earlier = memberships.ended(invitation.organization_id, user)
    _record_end(earlier, user)
    return memberships.add(
        invitation.organization_id,
        user,
        invitation.role,
        earlier=earlier,
        ends_at=access.at_joining(invitation),
        sponsor_id=invitation.inviter_id,
    )


def _record_end(ended: Membership | None, user: User) -> None:
    """Record an end that has come, if the sweep has not yet, before another takes its place."""
    if ended is None or ended.ended_at is not None or ended.ends_at is None:
        return
    api_keys.end_of(ended, by="system")
    sessions.end_all(user, within=ended.organization_id)
    events.record(
        ended.organization_id,
        "MembershipEnded",
        by="system",
        user_id=user.id,
        email=user.email,
        ends_at=ended.ends_at.isoformat(),
    )
