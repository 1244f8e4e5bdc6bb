"""A forgotten password: a link by mail, and a new password by the link."""

from __future__ import annotations

import secrets
from datetime import timedelta

from webapp import clock, config, languages
from webapp.db import db, transaction
from webapp.domain import addresses, events, letters
from webapp.domain.accounts import mailed_links, passwords, people
from webapp.domain.accounts.sign_ins import SecondStep
from webapp.domain.deliverability import suppressions
from webapp.domain.mail import composing, kinds, queue
from webapp.domain.mail.composing import Composed, Drop
from webapp.domain.mail.kinds import Share
from webapp.models import Delivery, User

PURPOSE = "password reset"
SECONDS = 3600
KIND = "reset"  # of the mail
# Counted apart from other mail: else five requests by a stranger would block invitations, five
# invitations would block a reset, and the first would tell an inviter who has an account.
SHARE = Share("reset", 5, timedelta(minutes=1))
# The mail becomes due after a random pause up to this, and no job is enqueued: a worker that is
# busy right after a request would reveal that there was something to send (rule 16). The scheduler
# looks every 15 seconds anyway.
LONGEST_PAUSE = timedelta(seconds=10)


def request(email: str) -> None:
    """Mail a link to the account of that address, if there is one; silent about everything else.

    Refuses only what is not an address. Beyond the daily share it sends nothing, silently.
    """
    _request(addresses.parse(email).key, email.strip())


@transaction()
def _request(email_key: str, typed: str) -> None:
    """Do the same work for every address, and undo it for an unknown one (rule 16)."""
    user = people.by_key(email_key)
    user_id = user.id if user else None
    events.record(None, "PasswordResetRequested", by="system", user_id=user_id)
    if not queue.take_share(KIND, email_key):
        return
    pause = timedelta(milliseconds=secrets.randbelow(LONGEST_PAUSE // timedelta(milliseconds=1)))
    savepoint = db.session.begin_nested()
    queue.write(
        KIND, organization_id=None, to=user.email if user else typed, user=user, pause=pause
    )
    db.session.flush()
    if user:
        savepoint.commit()
    else:
        savepoint.rollback()


def address(user: User) -> str:
    """The link to set a new password: good for an hour and one use."""
    token = mailed_links.token(PURPOSE, user)
    return f"{config.current().public_url}/password/reset?token={token}"


def look(token: str) -> User:
    """The account of a reset link; raises NotFound once it is used or old. Changes nothing."""
    return mailed_links.holder(PURPOSE, token, SECONDS)


def reset(token: str, *, password: str) -> str | SecondStep:
    """Set a new password, end all sessions of the account and sign in; returns the token."""
    mailed_links.check(look(token), password)
    # Hashed before the lock: inside, every other writer would wait for it.
    return _reset(token, passwords.hashed(password))


@transaction()
def _reset(token: str, password_hash: str) -> str | SecondStep:
    user = mailed_links.holder(PURPOSE, token, SECONDS, lock=True)
    return mailed_links.hand_over(user, password_hash)


@kinds.composes(KIND, cause="somebody types the address", share=SHARE, unproved=True)
def _compose(delivery: Delivery) -> Composed:
    user = composing.account(delivery)
    if suppressions.hold_back(user):
        return Drop(suppressions.NOT_MAILED)
    expires = clock.now() + timedelta(seconds=SECONDS)
    joined = None if user.is_verified else letters.joined_by(user, user.confined_to_id)
    with languages.written_in(user.language):
        return letters.reset(delivery, user, address(user), expires, joined)
