"""New links that the holder of an old one asks for; they go only to the invited address."""

from __future__ import annotations

from datetime import timedelta

from webapp import clock
from webapp.db import transaction
from webapp.domain import invitations, quotas
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import Refusal, UsedUp
from webapp.domain.invitations import access, join_places, link_status, links, resends
from webapp.domain.invitations.link_status import Gone, LinkStatus
from webapp.domain.organizations import second_admin
from webapp.languages import gettext as _
from webapp.models import Invitation

PER_DAY = 3
PAUSE = timedelta(minutes=10)


def is_due(invitation: Invitation) -> bool:
    """Whether the last renewal is long enough ago for another."""
    return invitation.renewed_at is None or clock.now() >= invitation.renewed_at + PAUSE


@transaction({"one_open_invitation": resends.newer_is_open})
def renew(token: str) -> Invitation:
    """Mail a new link to the invited address, asked for on an ended link's page."""
    opening = link_status.held(links.read(token))
    invitation = opening.invitation
    if opening.status not in (LinkStatus.EXPIRED, LinkStatus.SUPERSEDED):
        raise Gone(_("A new link cannot be sent for this invitation."))
    is_over = link_status.is_closed(invitation) or access.is_over(invitation)
    has_place = join_places.takes_again(invitation, by_invitee=True)
    if is_over or not has_place or second_admin.is_missing(invitation):
        raise Gone(
            _(
                "This invitation cannot be renewed. Ask %(whom)s.",
                whom=link_status.whom_to_ask(invitation),
            )
        )
    if suppressions.words(invitation):  # those words are for admins
        raise Refusal(
            _(
                "%(name)s no longer sends mail to %(email)s. Talk to %(whom)s.",
                name=invitation.organization.name,
                email=invitation.email,
                whom=link_status.whom_to_ask(invitation),
            )
        )
    _take_share(invitation)
    invitation.renewed_at = clock.now()
    resends.issue_again(invitation, "renewal")
    invitations.record(invitation, "InvitationRenewalRequested", "invitee")
    return invitation


def _take_share(invitation: Invitation) -> None:
    if invitation.renewed_at and not is_due(invitation):
        raise UsedUp(
            _(
                "A new link was sent to %(email)s a few minutes ago. Look for it "
                "there, and in the spam folder.",
                email=invitation.email,
            ),
            until=invitation.renewed_at + PAUSE,
        )
    if not quotas.take("renewal", invitation.id, PER_DAY):
        raise UsedUp(
            _(
                "%(number)s new links were sent to %(email)s today, which is the "
                "limit. Ask %(whom)s, or try again tomorrow.",
                number=PER_DAY,
                email=invitation.email,
                whom=link_status.whom_to_ask(invitation),
            ),
            until=clock.next_day(),
        )
