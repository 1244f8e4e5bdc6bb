"""The kinds of lines in an import, with the labels that admins and spreadsheets show."""

from __future__ import annotations

from webapp.domain.errors import Refusal
from webapp.domain.invitations import batches
from webapp.languages import marked

NEW, TYPO = "new", "typo"
MEMBER, INVITED, SUPPRESSED, DOMAIN = "member", "invited", "suppressed", "domain"
MALFORMED, ROLE, DUPLICATE, LIMIT = "malformed", "role", "duplicate", "limit"
GROUP, ACCESS = "group", "access"
SECOND_ADMIN = batches.SECOND_ADMIN
WAITING, SENT = "waiting", "sent"

# In the order in which they are shown.
WORDS = {
    SENT: marked("Invited"),
    NEW: marked("New"),
    WAITING: marked("Waiting"),
    TYPO: marked("Possible typo"),
    LIMIT: marked("Over the limit"),
    INVITED: marked("Already invited"),
    MEMBER: marked("Already members"),
    DUPLICATE: marked("Duplicate"),
    MALFORMED: marked("Not an email address"),
    ROLE: marked("Unknown role"),
    SECOND_ADMIN: marked("Needs a second admin"),
    GROUP: marked("Unknown group"),
    ACCESS: marked("Wrong end of access"),
    DOMAIN: marked("Outside the domains"),
    SUPPRESSED: marked("Cannot be mailed"),
}
# What can be sent now or later; likely typos are sent only when the admin asks for it.
SENDABLE = (NEW, LIMIT)
# Lines without a problem: all others are in the CSV file of what was not sent.
GOOD = (NEW, SENT)


def of(refusal: Refusal) -> str:
    """The kind of a line that is refused for what it says."""
    kinds = {"role": ROLE, "groups": GROUP, "access_until": ACCESS, "access_days": ACCESS}
    return kinds.get(refusal.field or "", MALFORMED)


def called(kind: str) -> str:
    """The kind's label in English; a kind that only a later version knows is shown by its name."""
    return WORDS.get(kind, kind.capitalize())
