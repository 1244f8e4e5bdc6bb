"""The kinds of mail: who can cause one, and how it counts against the daily limits (rule 12).

Each kind is declared by the function that composes its letter, in the package of its noun; see
`composes`. No mail of any other kind can be queued.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from webapp.domain.mail.composing import Composer


class Share(NamedTuple):
    """How many mails one address may get a day, counted in `daily_counts` under this name."""

    name: str
    most: int
    apart: timedelta = timedelta(0)


class MailKind(NamedTuple):
    """What must be known about a mail before it is queued, and how its letter is composed."""

    cause: str
    share: Share | None
    # Whether it may go to an unverified account's address. Somebody else may have made the account
    # by a copied link, and could cause mails in the owner's name: so each such mail is counted.
    unproved: bool
    compose: Composer


# One counter for all mails that somebody else can cause, across organizations.
FROM_OTHERS = Share("mail", 5)

KINDS: dict[str, MailKind] = {}


def composes(
    kind: str, *, cause: str, share: Share | None, unproved: bool = False
) -> Callable[[Composer], Composer]:
    """Declare a kind of mail; the decorated function composes its letter when it is sent.

    `create_app` imports every module of the domain, so that every process knows all kinds.
    """

    def declare(compose: Composer) -> Composer:
        if kind in KINDS:
            raise ValueError(f"mails of the kind {kind} are declared twice")
        KINDS[kind] = MailKind(cause, share, unproved, compose)
        return compose

    return declare
