"""Changes to an open invitation: making them, and what the trail calls them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from webapp import clock
from webapp.domain.errors import Refusal
from webapp.domain.events import versions
from webapp.domain.invitations import access
from webapp.languages import gettext
from webapp.models import Invitation, Organization, words_of

# Of what the trail does not call by its column.
WORDS = {"expiry_days": "the term", "access_until": "the access", "access_days": "the access"}


def apply(invitation: Invitation, changes: Mapping[str, Any]) -> None:
    """Make the changes; a new term counts from when the current link was made."""
    issued_at = _issued_at(invitation)
    for column, value in changes.items():
        setattr(invitation, column, value)
    invitation.words = words_of(vars(invitation))
    end = issued_at + timedelta(days=invitation.expiry_days)
    invitation.expires_at = access.cap(end, invitation.access_until)
    if invitation.expires_at <= clock.now():
        raise Refusal(
            gettext("With this term the link would have expired already. Choose a longer one."),
            "expiry_days",
        )


def words(changes: Iterable[str]) -> str:
    """What was changed, as the trail says it."""
    return ", ".join(dict.fromkeys(WORDS.get(key, f"the {key}") for key in changes))


def last(organization: Organization, invitation: Invitation) -> str | None:
    """Who edited it last and when, as a sentence."""
    return versions.last_change(
        organization, "InvitationEdited", lambda event: event.invitation_id == invitation.id
    )


def _issued_at(invitation: Invitation) -> datetime:
    """When the current link was made; the end of access may have cut its term short."""
    if invitation.access_until != invitation.expires_at:
        return invitation.expires_at - timedelta(days=invitation.expiry_days)
    made = (invitation.created_at, invitation.resent_at, invitation.renewed_at)
    return max(at for at in made if at is not None)
