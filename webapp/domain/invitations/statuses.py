"""The statuses of invitations in sentences."""

from __future__ import annotations

from webapp.domain.errors import Refusal
from webapp.languages import gettext, marked
from webapp.models import Invitation

# As they are inside a sentence; webapp/templates/components/badge.html has them alone.
WORDS = {
    "pending": marked("pending"),
    "accepted": marked("accepted"),
    "expired": marked("expired"),
    "revoked": marked("revoked"),
    "declined": marked("declined"),
}


def named(status: str | None) -> str:
    """The status inside a sentence; one that only a later version knows is its own name."""
    return gettext(WORDS.get(status, status)) if status else ""


def unchangeable(status: str) -> str:
    """What is said of an invitation that has ended for good."""
    return gettext(
        "This invitation was %(status)s, so it cannot be changed any more.", status=named(status)
    )


def refuse_ended(invitation: Invitation) -> None:
    """Refuse when the invitation was accepted, revoked or declined: these are final."""
    if invitation.is_erased:
        raise Refusal(gettext("This person’s data has been erased. Invite them again."))
    if not invitation.may_be_resent:
        raise Refusal(unchangeable(invitation.state))
