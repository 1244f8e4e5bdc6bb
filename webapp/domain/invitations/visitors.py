"""Who opens a link's page, and what the page can advise them to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from webapp.domain.deliverability import suppressions
from webapp.domain.invitations import access, link_status, renewal_requests
from webapp.domain.invitations.link_status import LinkStatus, Opening
from webapp.domain.organizations import permissions
from webapp.models import User


class Visitor(StrEnum):
    """Who the person at the browser is to the invitation."""

    NOBODY = "nobody"  # not signed in
    MEMBER = "member"  # the invited person, who has joined
    INVITED = "invited"  # the invited person, who is not a member (any more)
    SOMEBODY_ELSE = "somebody else"
    DELETED = "deleted"  # not signed in, and the account that joined is gone


class Advice(StrEnum):
    """What somebody can do whose link has ended."""

    RENEW = "renew"  # press the page's button
    WAIT = "wait"  # a new link was mailed a few minutes ago
    ASK = "ask"  # an admin can invite them again
    LIFT = "lift"  # the operator has to lift a suppression first
    TALK = "talk"  # to an admin; nothing can be promised


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a link's page says to one person."""

    visitor: Visitor
    advice: Advice
    whom: str


def of(opening: Opening, user: User | None) -> Arrival:
    """What the page says to the signed-in user, or to nobody."""
    whom = link_status.whom_to_ask(opening.invitation)
    return Arrival(who(opening, user), _advice(opening), whom)


def who(opening: Opening, user: User | None) -> Visitor:
    """Who the signed-in user, or nobody, is to the invitation."""
    invitation, account = opening.invitation, opening.account
    if user is None:
        # The holder of a copied link may be anybody, and is not told about accounts (rule 16).
        is_gone = opening.mailed and opening.status is LinkStatus.ACCEPTED and account is None
        return Visitor.DELETED if is_gone else Visitor.NOBODY
    if user.id not in (invitation.user_id, account.id if account else None):
        return Visitor.SOMEBODY_ELSE
    role = permissions.role_of(invitation.organization_id, user.id, hold=False)
    return Visitor.INVITED if role is None else Visitor.MEMBER


def _advice(opening: Opening) -> Advice:
    invitation = opening.invitation
    if not invitation.organization.is_active:
        return Advice.TALK
    if suppressions.words(invitation):
        # The holder of a copied link may be anybody, and is not told about the mailbox.
        return Advice.LIFT if opening.mailed else Advice.TALK
    is_old = opening.status in (LinkStatus.EXPIRED, LinkStatus.SUPERSEDED)
    if is_old and invitation.is_backed() and not access.is_over(invitation):
        return Advice.RENEW if renewal_requests.is_due(invitation) else Advice.WAIT
    return Advice.ASK
