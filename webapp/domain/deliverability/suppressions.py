"""Suppressed addresses: those that an organization may not mail, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, delete, select

from webapp import clock
from webapp.db import db, rows, transaction
from webapp.domain import addresses, events, texts
from webapp.domain.deliverability import erasure_keys
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.events import OPERATOR
from webapp.languages import gettext, marked
from webapp.models import Invitation, Organization, Suppression, User
from webapp.upserts import upsert

REPORTED, UNSUBSCRIBED, COMPLAINED, BOUNCED = "reported", "unsubscribed", "complained", "bounced"

REASON_MOST = 200  # characters of why an address is lifted
NOT_MAILED = marked("This address can no longer be mailed.")  # why a queued mail is not sent
# The message for admins, by reason.
WORDS = {
    REPORTED: marked(
        "The owner of this address told us that mail from this organization is not for them. "
        "Only the operator of this installation can change that."
    ),
    UNSUBSCRIBED: marked(
        "The owner of this address has unsubscribed from this organization’s mail. "
        "Only the operator of this installation can change that."
    ),
    COMPLAINED: marked(
        "The owner of this address has marked this organization’s mail as unwanted. "
        "Only the operator of this installation can change that."
    ),
    BOUNCED: marked(
        "Mail to this address came back: its mail server refused it for good. If the address has "
        "a mistake, fix it or invite the right one. If it is correct, allow mail to it again "
        "under Mail health, once its mailbox accepts mail."
    ),
}
# For a reason that only a later version knows.
_OTHER = marked(
    "This organization cannot mail this address. "
    "Only the operator of this installation can change that."
)
_HOW = {
    UNSUBSCRIBED: "with the unsubscribe link in the mail",
    COMPLAINED: "by marking the mail as unwanted",
}
_REASONS = select(Suppression.email_key, Suppression.reason).where(
    Suppression.organization_id == bindparam("organization"),
    Suppression.email_key.in_(bindparam("keys", expanding=True)),
)


def refuse(organization_id: int, email_key: str) -> None:
    """Refuse when this organization may not mail the address, in the words of the reason."""
    refuse_reason(reasons(organization_id, [email_key]).get(email_key))


def refuse_reason(reason: str | None) -> None:
    """Refuse in the words of the reason, if there is one."""
    if reason is not None:
        raise Refusal(gettext(WORDS.get(reason, _OTHER)), "email")


def reasons(organization_id: int, email_keys: Iterable[str]) -> dict[str, str]:
    """Which of these addresses the organization may not mail, and the reason for each.

    Erased ones are recognized by their pseudonyms.
    """
    by_stored = erasure_keys.with_pseudonyms(organization_id, email_keys)
    values = {"organization": organization_id, "keys": list(by_stored)}
    return {by_stored[row.email_key]: row.reason for row in rows(_REASONS, values)}


def hold_back(user: User) -> bool:
    """Whether an unproved account's address is suppressed by the organization it is confined to."""
    organization_id = user.confined_to_id
    if organization_id is None:
        return False
    return user.email_key in reasons(organization_id, [user.email_key])


def words(invitation: Invitation) -> str | None:
    """Why the invitation's address may not be mailed, and what to do; None when it may."""
    reason = reasons(invitation.organization_id, [invitation.email_key]).get(invitation.email_key)
    return None if reason is None else gettext(WORDS.get(reason, _OTHER))


def add(invitation: Invitation, reason: str) -> bool:
    """Suppress the invitation's address for its organization, in the current transaction.

    False when it was suppressed before. A bounce gives way to any reason of the owner's. Two
    calls at once wait for each other.
    """
    return _write(
        {
            "organization_id": invitation.organization_id,
            "email": invitation.email,
            "email_key": invitation.email_key,
            "reason": reason,
            "created_at": clock.now(),
        }
    )


def take_over(suppressed: Iterable[Mapping[str, Any]]) -> None:
    """Add suppressions of another database to those here, in the current transaction."""
    for row in suppressed:
        _write(row)


def _write(row: Mapping[str, Any]) -> bool:
    written = upsert(
        Suppression,
        row,
        on=["organization_id", "email_key"],
        update=["reason"],
        where=(Suppression.reason == BOUNCED) & (row["reason"] != BOUNCED),
        returning=[Suppression.id],
    )
    return written.first() is not None


def by_owner(invitation: Invitation, reason: str) -> None:
    """Suppress the address at its owner's wish, recorded once; the invitation stays open."""
    if add(invitation, reason):
        events.record(
            invitation.organization_id,
            "InvitationUnsubscribed",
            by="invitee",
            invitation=invitation,
            email=invitation.email,
            how=_HOW[reason],
        )


def everything() -> list[tuple[Suppression, Organization]]:
    """All suppressed addresses with their organizations, for the operator."""
    rows = db.session.execute(
        select(Suppression, Organization)
        .join(Organization, Organization.id == Suppression.organization_id)
        .order_by(Organization.slug, Suppression.email_key)
    )
    return [(suppression, organization) for suppression, organization in rows]


def reason_of(text: str | None) -> str | None:
    """Why addresses are lifted, None when nobody says; raises Refusal."""
    return texts.one_line(text, field="reason", label=gettext("The reason"), most=REASON_MOST)


@transaction()
def lift(organization: Organization, *emails: str, reason: str | None = None) -> None:
    """Let the organization mail the addresses again, as the operator; raises NotFound for any."""
    why = reason_of(reason)
    for email in emails:
        _lift(organization, addresses.parse(email), why)


def _lift(organization: Organization, address: addresses.Address, why: str | None) -> None:
    deleted = db.session.execute(
        delete(Suppression).where(
            Suppression.organization_id == organization.id,
            Suppression.email_key.in_(erasure_keys.with_pseudonyms(organization.id, [address.key])),
        )
    )
    if not deleted.rowcount:  # type: ignore[attr-defined]
        words = gettext(
            "%(email)s is not blocked for %(slug)s.", email=address.shown, slug=organization.slug
        )
        raise NotFound(words)
    events.record(organization, "SuppressionLifted", by=OPERATOR, email=address.shown, reason=why)
