"""Changing an open invitation's columns: what they are called, and what they do to its link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from webapp import clock
from webapp.domain.errors import Refusal
from webapp.domain.invitations import access
from webapp.languages import gettext
from webapp.models import Invitation, words_of

# Of changed columns that the audit log names otherwise.
_WORDS = {
    "expiry_days": "the term",
    "access_until": "the access",
    "access_days": "the access",
}


def in_words(changed: Iterable[str]) -> str:
    """The changed columns as the trail names them."""
    return ", ".join(dict.fromkeys(_WORDS.get(name, f"the {name}") for name in changed))


def apply(invitation: Invitation, changes: Mapping[str, object]) -> None:
    """Set the columns of a locked invitation, and when its link expires by its new term."""
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


def _issued_at(invitation: Invitation) -> datetime:
    """When the current link was made; the end of access may have cut its term short."""
    if invitation.access_until != invitation.expires_at:
        return invitation.expires_at - timedelta(days=invitation.expiry_days)
    made = (invitation.created_at, invitation.resent_at, invitation.renewed_at)
    return max(at for at in made if at is not None)
