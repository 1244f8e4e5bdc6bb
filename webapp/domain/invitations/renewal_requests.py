"""New links that the holder of an old one asks for; they go only to the invited address."""

from __future__ import annotations

from datetime import timedelta

from webapp import clock
from webapp.db import transaction
from webapp.domain import invitations, quotas
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import Refusal, UsedUp
from webapp.domain.invitations import link_status, links, resends
from webapp.domain.invitations.link_status import Gone, LinkStatus
from webapp.models import Invitation

PER_DAY = 3
PAUSE = timedelta(minutes=10)


def is_due(invitation: Invitation) -> bool:
    """Whether the last renewal is long enough ago for another."""
    return invitation.renewed_at is None or clock.now() >= invitation.renewed_at + PAUSE


@transaction({"one_open_invitation": resends.newer_is_open})
def renew(token: str) -> Invitation:
    """Mail a new link to the invited address, asked for on an ended link's page."""
    opening = link_status.hold_against(links.read(token), lock=True)
    invitation = opening.invitation
    if opening.status not in (LinkStatus.EXPIRED, LinkStatus.SUPERSEDED):
        raise Gone("A new link cannot be sent for this invitation.")
    if link_status.is_closed(invitation):
        raise Gone(f"This invitation cannot be renewed. Ask {link_status.whom_to_ask(invitation)}.")
    if suppressions.words(invitation):  # those words are for admins
        raise Refusal(
            f"No mail from {invitation.organization.name} goes to {invitation.email} any more. "
            f"Talk to {link_status.whom_to_ask(invitation)}."
        )
    _take_share(invitation)
    invitation.renewed_at = clock.now()
    resends.issue_again(invitation, "renewal")
    invitations.record(invitation, "InvitationRenewalRequested", "invitee")
    return invitation


def _take_share(invitation: Invitation) -> None:
    if invitation.renewed_at and not is_due(invitation):
        raise UsedUp(
            f"A new link was sent to {invitation.email} a few minutes ago. Look for it there, "
            "also among unwanted mail.",
            until=invitation.renewed_at + PAUSE,
        )
    if not quotas.take("renewal", invitation.id, PER_DAY):
        raise UsedUp(
            f"{PER_DAY} new links were sent to {invitation.email} today, which is the "
            f"most. Ask {link_status.whom_to_ask(invitation)}, or try again tomorrow.",
            until=clock.next_day(),
        )
