"""The names of events in words, in the reader's language."""

from __future__ import annotations

from webapp.domain import texts
from webapp.languages import gettext
from webapp.languages import marked as _

WORDS = (
    _("Organization created"),
    _("Organization suspended"),
    _("Organization resumed"),
    _("System restored"),
    _("Settings changed"),
    _("Template changed"),
    _("Invitation created"),
    _("Invitation sent"),
    _("Invitation send failed"),
    _("Invitation bounced"),
    _("Invitation unsubscribed"),
    _("Invitation edited"),
    _("Invitation resent"),
    _("Invitation mail retried"),
    _("Invitation link copied"),
    _("Invitation opened"),
    _("Invitation renewal requested"),
    _("Invitation reminded"),
    _("Invitation accepted"),
    _("Invitation declined"),
    _("Invitation reported"),
    _("Suppression lifted"),
    _("Invitation revoked"),
    _("Invitation expired"),
    _("Invitation taken over"),
    _("Invitations erased"),
    _("Import started"),
    _("Import stopped"),
    _("Import finished"),
    _("Join link created"),
    _("Join link changed"),
    _("Join link revoked"),
    _("Role changed"),
    _("Member deactivated"),
    _("Member reactivated"),
    _("Sessions revoked"),
    _("Member left"),
    _("Group created"),
    _("Group changed"),
    _("Group deleted"),
    _("Group member added"),
    _("Group member removed"),
    _("Api key created"),
    _("Api key revoked"),
    _("Account deleted"),
    _("Person erased"),
    _("Signed in"),
    _("Signed out"),
    _("Sign in failed"),
    _("Second factor on"),
    _("Second factor off"),
    _("Recovery code used"),
    _("Data exported"),
    _("Confirmation requested"),
    _("Email verified"),
    _("Password reset requested"),
    _("Password changed"),
    _("Profile changed"),
    _("Webhook created"),
    _("Webhook changed"),
    _("Webhook stopped"),
    _("Webhook tested"),
    _("Webhook replayed"),
    _("Webhook deleted"),
)


def called(name: str) -> str:
    """The name of an event in words; in English if it is of a later version."""
    return gettext(texts.in_words(name))
