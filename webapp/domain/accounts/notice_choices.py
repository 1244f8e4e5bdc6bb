"""How people hear of those whom they invited: each time, in a daily summary, or never."""

from __future__ import annotations

from webapp import config, signing
from webapp.db import db, transaction
from webapp.domain import events
from webapp.domain.accounts import people, sessions
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.events import versions
from webapp.domain.events.versions import Seen
from webapp.languages import gettext
from webapp.models import User

PURPOSE = "inviter notices"
EACH, DAILY, OFF = "each", "daily", "off"
CHOICES = (EACH, DAILY, OFF)
RECORDED = "mails about the people they invited"


def wants(user: User) -> bool:
    """Whether the account's owner is mailed about people they invited.

    An unverified account is not: nobody has proved to read mail at its address.
    """
    return user.inviter_notices != OFF and user.is_verified and user.deleted_at is None


def address(user: User) -> str:
    """The link that turns these mails off; it never expires, and opens nothing else."""
    token = signing.sign(PURPOSE, [user.id, _born(user)])
    return f"{config.current().public_url}/unsubscribe/notices?token={token}"


def look(token: str) -> User:
    """The account whose mail carried the link. Changes nothing.

    Raises NotFound for a token that is not ours, without asking the database.
    """
    return _owner(token, lock=False)


@transaction()
def stop(token: str) -> User:
    """Turn these mails off, by the link in one of them; twice is no error."""
    user = _owner(token, lock=True)
    _choose(user, OFF)
    return user


@transaction()
def choose(by: User, choice: str, *, seen: Seen | None = None) -> None:
    """Choose how to hear of people they invited; not over a choice made meanwhile."""
    if choice not in CHOICES:
        raise Refusal(gettext("Choose one of these."), "inviter_notices")
    user = people.held(by.id)
    if user is None:
        raise NotFound
    message = gettext("Your choice was changed elsewhere.")
    versions.refuse_changed(seen, user, writes=user.inviter_notices != choice, told=lambda: message)
    _choose(user, choice)


def _choose(user: User, choice: str) -> None:
    if user.inviter_notices == choice:
        return
    user.inviter_notices = choice
    events.record(
        sessions.last_used(user), "ProfileChanged", by=user, user_id=user.id, changed=RECORDED
    )


def _owner(token: str, *, lock: bool) -> User:
    try:
        user_id, born = signing.read(PURPOSE, signing.pasted(token))
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound from None
    user = people.held(user_id) if lock else db.session.get(User, user_id)
    # With the time it names no other account that gets the same id after a restore (rule M6).
    if user is None or user.deleted_at or _born(user) != born:
        raise NotFound
    return user


def _born(user: User) -> int:
    return int(user.created_at.timestamp())
