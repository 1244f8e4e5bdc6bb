"""Whether the session or key of a request may still act: asked again as its verb ends.

A request is let in before its verb begins. Whatever ends the session meanwhile (a password reset,
a take-over, an admin, its owner elsewhere) must find nothing done by it afterwards. So every verb
in a person's name asks once more, in its own transaction, with the row held until the commit.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from webapp import trace
from webapp.db import before_commit, db, memo
from webapp.domain.errors import Refusal
from webapp.models import ApiKey, Session

_ROWS: dict[str, Select[Any]] = {
    "session": select(Session.revoked_at),
    "key": select(ApiKey.revoked_at),
}
_IDS = {"session": Session.id, "key": ApiKey.id}


class SignedOut(Refusal):
    """The session or key was ended while its request was under way; nothing was done."""

    status = 401


def confirm() -> None:
    """Refuse the present transaction unless its caller may still act at its end."""
    caller = trace.current().caller
    if caller is not None:
        # Before the trail is sealed: that lock is held last, and by everybody.
        before_commit(_refuse_ended, caller, first=True)


def hold(user_id: int) -> None:
    """Ask now, for a verb that goes on to end its caller's own sessions; the user is held."""
    caller = trace.current().caller
    if caller is not None and caller.user_id == user_id and caller not in _held():
        _ask(caller, write=True)


def _refuse_ended(callers: list[trace.Caller]) -> None:
    for caller in dict.fromkeys(callers):
        if caller not in _held():
            _ask(caller)


def _ask(caller: trace.Caller, *, write: bool = False) -> None:
    db.session.flush()
    row = _ROWS[caller.kind].where(_IDS[caller.kind] == caller.id)
    lock = row.with_for_update(read=not write, key_share=write)
    found = db.session.execute(lock).first()
    if found is None or found[0] is not None:
        raise SignedOut("You were signed out meanwhile, and nothing was done. Sign in again.")
    _held().add(caller)


def _held() -> set[trace.Caller]:
    """The callers asked already in this transaction; they stay as they are until it ends."""
    found: set[trace.Caller] = memo().setdefault(_held, set())
    return found
