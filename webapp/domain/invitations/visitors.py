"""Who stands before a link's page, and what the page can advise them to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from webapp.domain.deliverability import suppressions
from webapp.domain.invitations import link_status, renewal_requests
from webapp.domain.invitations.link_status import Opening, Standing
from webapp.domain.organizations import permissions
from webapp.models import User


class Visitor(StrEnum):
    """The person at the browser, seen from the invitation."""

    NOBODY = "nobody"  # not signed in
    MEMBER = "member"  # the invited person, who is in already
    INVITED = "invited"  # the invited person, who is not, or no longer
    SOMEBODY_ELSE = "somebody else"


class Advice(StrEnum):
    """What gets somebody in whose link has ended."""

    RENEW = "renew"  # the page's own button
    WAIT = "wait"  # a new link was mailed a few minutes ago
    ASK = "ask"  # an admin can invite them again
    LIFT = "lift"  # first the operator has to lift what keeps mail from the address
    TALK = "talk"  # an admin knows more; nothing can be promised


@dataclass(frozen=True, slots=True)
class Arrival:
    """A link's page for one person."""

    visitor: Visitor
    advice: Advice
    whom: str


def of(opening: Opening, user: User | None) -> Arrival:
    """How the page stands to whoever is signed in, or to nobody."""
    whom = link_status.whom_to_ask(opening.invitation)
    return Arrival(_visitor(opening, user), _advice(opening), whom)


def _visitor(opening: Opening, user: User | None) -> Visitor:
    if user is None:
        return Visitor.NOBODY
    invitation, account = opening.invitation, opening.account
    if user.id not in (invitation.user_id, account.id if account else None):
        return Visitor.SOMEBODY_ELSE
    role = permissions.role_of(invitation.organization_id, user.id, hold=False)
    return Visitor.INVITED if role is None else Visitor.MEMBER


def _advice(opening: Opening) -> Advice:
    invitation = opening.invitation
    if not invitation.organization.is_active:
        return Advice.TALK
    if suppressions.words(invitation):
        # Whoever has a copied link need not be its owner, and is not told about the mailbox.
        return Advice.LIFT if opening.mailed else Advice.TALK
    if opening.standing in (Standing.EXPIRED, Standing.SUPERSEDED) and invitation.is_backed():
        return Advice.RENEW if renewal_requests.is_due(invitation) else Advice.WAIT
    return Advice.ASK
