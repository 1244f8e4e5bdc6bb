"""What a line of an import can be, in the words that admins and spreadsheets see."""

from __future__ import annotations

NEW, TYPO = "new", "typo"
MEMBER, INVITED, SUPPRESSED, DOMAIN = "member", "invited", "suppressed", "domain"
MALFORMED, ROLE, DUPLICATE, LIMIT = "malformed", "role", "duplicate", "limit"
WAITING, SENT = "waiting", "sent"

# In the order in which they are listed.
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
# What one can send now, or once more later; likely typos only when the admin says so.
SENDABLE = (NEW, LIMIT)
# What is no trouble: everything else is in the file of what did not go.
GOOD = (NEW, SENT)


def called(kind: str) -> str:
    """The kind in words; a later version's by its bare name."""
    return WORDS.get(kind, kind.capitalize())
