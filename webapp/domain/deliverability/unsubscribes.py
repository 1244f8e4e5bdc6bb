"""Unsubscribing from an organization's invitations by a link in the mail (RFC 2369, 8058)."""

from __future__ import annotations

from webapp import config, signing
from webapp.db import transaction
from webapp.domain import tenant
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import NotFound
from webapp.models import Invitation

PURPOSE = "unsubscribe"


def address(invitation: Invitation) -> str:
    """The link that ends this organization's mail to the invited address; it never expires.

    It opens nothing else: its holder can only stop mails, and read who invited whom. With the time
    it names no other invitation that gets the same id after a restore (rule M6).
    """
    token = signing.sign(PURPOSE, [invitation.id, invitation.organization_id, _born(invitation)])
    return f"{config.current().public_url}/unsubscribe?token={token}"


def headers(link: str) -> tuple[tuple[str, str], ...]:
    """The headers from which mail programs make a button (RFC 8058 §3.1), if the link is https."""
    return (
        ("List-Unsubscribe", f"<{link}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def look(token: str) -> tuple[Invitation, bool]:
    """The invitation whose mail carried the link, and whether its address has unsubscribed.

    Changes nothing. Raises NotFound for a token that is not ours, without asking the database.
    """
    invitation = _invitation(token, lock=False)
    reasons = suppressions.reasons(invitation.organization_id, [invitation.email_key])
    return invitation, reasons.get(invitation.email_key) not in (None, suppressions.BOUNCED)


@transaction()
def unsubscribe(token: str) -> Invitation:
    """Stop this organization's mails to the address; twice is no error.

    An open invitation stays open: its owner may still accept it.
    """
    invitation = _invitation(token, lock=True)
    suppressions.by_owner(invitation, suppressions.UNSUBSCRIBED)
    return invitation


def _invitation(token: str, *, lock: bool) -> Invitation:
    try:
        # Before 0.2.0 there was no time in it.
        invitation_id, organization_id, *born = signing.read(PURPOSE, signing.pasted(token))
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound from None
    invitation = tenant.find(
        organization_id,
        Invitation,
        invitation_id,
        load=[Invitation.organization],
        lock="update" if lock else None,
    )
    if invitation is None or born not in ([], [_born(invitation)]):
        raise NotFound
    return invitation


def _born(invitation: Invitation) -> int:
    return int(invitation.created_at.timestamp())
