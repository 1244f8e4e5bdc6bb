"""Changes to an open invitation: making them, and what the trail calls them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from webapp import clock
from webapp.domain.errors import Refusal
from webapp.domain.events import versions
from webapp.languages import gettext
from webapp.models import Invitation, Organization, words_of

WORDS = {"expiry_days": "the term"}  # of what the trail does not call by its column


def apply(invitation: Invitation, changes: Mapping[str, Any]) -> None:
    """Make the changes; a new term counts from when the current link was made."""
    issued_at = invitation.expires_at - timedelta(days=invitation.expiry_days)
    for column, value in changes.items():
        setattr(invitation, column, value)
    invitation.words = words_of(vars(invitation))
    invitation.expires_at = issued_at + timedelta(days=invitation.expiry_days)
    if invitation.expires_at <= clock.now():
        raise Refusal(
            gettext("With this term the link would have expired already. Choose a longer one."),
            "expiry_days",
        )


def words(changes: Iterable[str]) -> str:
    """What was changed, as the trail says it."""
    return ", ".join(WORDS.get(key, f"the {key}") for key in changes)


def last(organization: Organization, invitation: Invitation) -> str | None:
    """Who edited it last and when, as a sentence."""
    return versions.last_change(
        organization, "InvitationEdited", lambda event: event.invitation_id == invitation.id
    )
