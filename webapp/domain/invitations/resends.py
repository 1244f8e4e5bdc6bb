"""Resending an invitation with a new link, and retrying a failed mail."""

from __future__ import annotations

from datetime import timedelta

from webapp import clock, formats
from webapp.db import db, transaction
from webapp.domain import invitations, quotas
from webapp.domain.deliverability import deliveries
from webapp.domain.errors import Refusal, UsedUp
from webapp.domain.events import Actor
from webapp.domain.invitations import access, inviter_handover, join_places, links
from webapp.domain.organizations import second_admin
from webapp.languages import gettext
from webapp.models import Invitation, InvitationState, Organization

PER_DAY = 5
PAUSE = timedelta(minutes=1)


def newer_is_open() -> Refusal:
    """The refusal of a second open invitation for an address."""
    return Refusal(gettext("There is a newer invitation for this address. Resend that one."))


@transaction({"one_open_invitation": newer_is_open})
def resend(organization: Organization, invitation_id: int, *, by: Actor) -> Invitation:
    """Mail a new link with a full new term; the old link ends. Pending or expired only."""
    invitation = invitations.locked(organization, invitation_id, by)
    invitations.refuse_ended(invitation)
    second_admin.refuse_new_link(invitation, by=by)
    now = clock.now()
    if invitation.resent_at and now < invitation.resent_at + PAUSE:
        raise UsedUp(
            gettext("A new link was sent less than a minute ago. Wait a minute, then try again."),
            until=invitation.resent_at + PAUSE,
        )
    _take_share(invitation)
    _refuse_without_place(invitation)
    invitation.resent_at = now
    inviter_handover.adopt(invitation, by=by)
    issue_again(invitation, "resend")
    invitations.record(invitation, "InvitationResent", by)
    return invitation


@transaction()
def retry_mail(
    organization: Organization, invitation_id: int, delivery_id: int, *, by: Actor
) -> Invitation:
    """Try a failed mail once more, with the same link and Message-ID."""
    invitation = invitations.locked(organization, invitation_id, by)
    if not invitation.is_open(clock.now(), hold=True):
        raise Refusal(gettext("The link in this mail has expired. Resend the invitation instead."))
    deliveries.retry(invitation, delivery_id)
    invitations.record(invitation, "InvitationMailRetried", by, email=invitation.email)
    return invitation


def _take_share(invitation: Invitation) -> None:
    if not quotas.take("resend", invitation.id, PER_DAY):
        until = clock.next_day()
        words = gettext(
            "You can resend an invitation %(most)s times a day. Try again after %(time)s, or copy "
            "the link.",
            most=PER_DAY,
            time=formats.exact(until),
        )
        raise UsedUp(words, until=until)


def _refuse_without_place(invitation: Invitation) -> None:
    if not join_places.takes_again(invitation):
        words = gettext(
            "The join link that %(email)s used has no free place any more. Invite them without it.",
            email=invitation.email,
        )
        raise Refusal(words)


def issue_again(invitation: Invitation, kind: str) -> None:
    """Make a new link with a full new term and queue its mail, in the current transaction.

    It never outlives the access that it gives; refused once that is over.
    """
    access.refuse_over(invitation)
    invitation.state = InvitationState.PENDING
    invitation.ended_at = None
    end = clock.now() + timedelta(days=invitation.expiry_days)
    invitation.expires_at = access.cap(end, invitation.access_until)
    invitation.reminded_at = None  # one reminder for each link
    links.renew(invitation)
    db.session.flush()  # fails here if another one is open
    deliveries.to_invitee(invitation, kind)
