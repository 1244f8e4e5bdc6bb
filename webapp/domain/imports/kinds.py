"""The kinds of lines in an import, with the labels that admins and spreadsheets show."""

from __future__ import annotations

NEW, TYPO = "new", "typo"
MEMBER, INVITED, SUPPRESSED, DOMAIN = "member", "invited", "suppressed", "domain"
MALFORMED, ROLE, DUPLICATE, LIMIT = "malformed", "role", "duplicate", "limit"
WAITING, SENT = "waiting", "sent"

# In the order in which they are shown.
WORDS = {
    SENT: "Invited",
    NEW: "New",
    WAITING: "Waiting",
    TYPO: "Likely mistyped",
    LIMIT: "Over the limit",
    INVITED: "Already invited",
    MEMBER: "Already members",
    DUPLICATE: "Twice in the list",
    MALFORMED: "Not readable",
    ROLE: "Unknown role",
    DOMAIN: "Outside the domains",
    SUPPRESSED: "Not to be mailed",
}
# What can be sent now or later; likely typos are sent only when the admin asks for it.
SENDABLE = (NEW, LIMIT)
# Lines without a problem: all others are in the CSV file of what was not sent.
GOOD = (NEW, SENT)


def called(kind: str) -> str:
    """The kind's label; a kind that only a later version knows is shown by its name."""
    return WORDS.get(kind, kind.capitalize())
