"""Unsubscribing from an organization's invitations, by the mail's own link (RFC 2369, 8058)."""

from __future__ import annotations

from webapp import config, signing
from webapp.db import transaction
from webapp.domain import tenant
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import NotFound
from webapp.models import Invitation

PURPOSE = "unsubscribe"


def address(invitation: Invitation) -> str:
    """The link by which the invited address ends this organization's mail; it never runs out.

    It opens nothing else: whoever holds it can keep mail away, and read who invites whom.
    """
    token = signing.sign(PURPOSE, [invitation.id, invitation.organization_id])
    return f"{config.current().public_url}/unsubscribe?token={token}"


def headers(link: str) -> tuple[tuple[str, str], ...]:
    """What mail programs make a button of (RFC 8058 §3.1; they do so where links are https)."""
    return (
        ("List-Unsubscribe", f"<{link}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def look(token: str) -> tuple[Invitation, bool]:
    """The invitation whose mail carried the link, and whether its address is not mailed any more.

    Changes nothing. Raises NotFound for no link of ours, without asking the database.
    """
    invitation = _of(token, lock=False)
    known = suppressions.reasons(invitation.organization_id, [invitation.email_key])
    return invitation, known.get(invitation.email_key) not in (None, suppressions.BOUNCED)


@transaction()
def unsubscribe(token: str) -> Invitation:
    """Write to the address from this organization no more; twice is no error.

    An open invitation stays open: its link was mailed before, and accepting it is still theirs.
    """
    invitation = _of(token, lock=True)
    suppressions.by_owner(invitation, suppressions.UNSUBSCRIBED)
    return invitation


def _of(token: str, *, lock: bool) -> Invitation:
    try:
        invitation_id, organization_id = signing.read(PURPOSE, token)
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound from None
    its = [Invitation.organization]
    held: tenant.Lock | None = "update" if lock else None
    found = tenant.find(organization_id, Invitation, invitation_id, load=its, lock=held)
    if found is None:
        raise NotFound
    return found
