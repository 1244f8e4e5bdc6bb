"""The kinds of mail: who can cause one, and what that costs its recipient's daily share (rule 12).

Each kind is declared by the function that composes its letter, in the room of its noun; see
`composes`. No mail of another kind can be queued.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from webapp.domain.mail.composing import Composer


class Share(NamedTuple):
    """How many mails one address may get in a day, counted in `daily_counts` under this name."""

    name: str
    most: int
    apart: timedelta = timedelta(0)


class MailKind(NamedTuple):
    """What has to be known of a mail before it is queued, and how its letter is made."""

    cause: str
    share: Share | None
    # Whether it may go to an account's address before anybody has proved to read mail there. Who
    # made such an account by a copied link can do as its owner does, so every such mail counts.
    unproved: bool
    compose: Composer


# One counter for all that somebody else can cause, over all organizations.
FROM_OTHERS = Share("mail", 5)

KINDS: dict[str, MailKind] = {}


def composes(
    kind: str, *, cause: str, share: Share | None, unproved: bool = False
) -> Callable[[Composer], Composer]:
    """Declare a kind of mail; the decorated function makes its letter when it is sent.

    `create_app` imports every file of the rules, so that all kinds are known in every process.
    """

    def declare(compose: Composer) -> Composer:
        if kind in KINDS:
            raise ValueError(f"mails of the kind {kind} are declared twice")
        KINDS[kind] = MailKind(cause, share, unproved, compose)
        return compose

    return declare
