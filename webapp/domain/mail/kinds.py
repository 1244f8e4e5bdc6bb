"""Every kind of mail: who can cause it, and what that costs its recipient's daily share (rule 12).

`mail_queue` lets no mail pass that has no line here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple


class Share(NamedTuple):
    """How many mails one address may get in a day, counted in `daily_counts` under this name."""

    name: str
    most: int
    apart: timedelta = timedelta(0)


class MailKind(NamedTuple):
    """What has to be known of a mail before it is queued."""

    cause: str
    share: Share | None
    # Whether it may go to an account's address before anybody has proved to read mail there. Who
    # made such an account by a copied link can do as its owner does, so every such mail counts.
    unproved: bool = False


# One counter for all that somebody else can cause, over all organizations.
FROM_OTHERS = Share("mail", 5)
# Not counted with the others: five requests by a stranger would keep invitations away, and five
# invitations a forgotten password; and the first would tell an inviter who has an account.
RESETS = Share("reset", 5, timedelta(minutes=1))
TRIALS = Share("template test", 20)
# The owner's own acts. Twenty of them have told everything that a hundred would.
NOTICES = Share("notice", 20)

KINDS = {
    "invitation": MailKind("an admin invites", FROM_OTHERS, unproved=True),
    "resend": MailKind("an admin sends a new link", FROM_OTHERS, unproved=True),
    "reminder": MailKind("an invitation is about to expire", FROM_OTHERS, unproved=True),
    "renewal": MailKind("somebody holds an old link", FROM_OTHERS, unproved=True),
    "confirmation": MailKind("somebody joins by a copied link", FROM_OTHERS, unproved=True),
    "reset": MailKind("somebody types the address", RESETS, unproved=True),
    "webhook": MailKind("a fellow admin's webhook keeps failing", FROM_OTHERS),
    "test": MailKind("the admin tries a text", TRIALS),
    "notice": MailKind("the owner changes how they sign in", NOTICES),
    "welcome": MailKind("the owner joins", None),
}
