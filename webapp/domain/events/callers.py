"""Whether the session or key of a request may still act, checked again when its verb ends.

A request is admitted before its verb begins. Once something ends the session meanwhile (a password
reset, a take-over, an admin, its owner elsewhere), it must do nothing more. So every verb in a
person's name checks again in its own transaction, with the row locked until the commit.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, bindparam, select

from webapp import trace
from webapp.db import before_commit, memo, rows
from webapp.domain.errors import Refusal
from webapp.languages import gettext
from webapp.models import ApiKey, Session

_REVOKED: dict[str, Select[Any]] = {
    "session": select(Session.revoked_at).where(Session.id == bindparam("id")),
    "key": select(ApiKey.revoked_at).where(ApiKey.id == bindparam("id")),
}
_READ = {kind: query.with_for_update(read=True) for kind, query in _REVOKED.items()}
_WRITE = {kind: query.with_for_update(key_share=True) for kind, query in _REVOKED.items()}


class SignedOut(Refusal):
    """The session or key was ended while its request was under way; nothing was done."""

    status = 401


def confirm() -> None:
    """Refuse the present transaction unless its caller may still act at its end."""
    caller = trace.current().caller
    if caller is not None:
        # Before the trail is sealed: that lock is taken last, and everybody needs it.
        before_commit(_refuse_ended, caller, first=True)


def hold(user_id: int) -> None:
    """Check now, for a verb that will end its caller's own sessions; the user is locked."""
    caller = trace.current().caller
    if caller is not None and caller.user_id == user_id and caller not in _checked():
        _check(caller, write=True)


def _refuse_ended(callers: list[trace.Caller]) -> None:
    for caller in dict.fromkeys(callers):
        if caller not in _checked():
            _check(caller)


def _check(caller: trace.Caller, *, write: bool = False) -> None:
    lock = (_WRITE if write else _READ)[caller.kind]
    revoked = rows(lock, {"id": caller.id}).first()
    if revoked is None or revoked.revoked_at is not None:
        raise SignedOut(
            gettext("You were signed out meanwhile, and nothing was done. Sign in again.")
        )
    _checked().add(caller)


def _checked() -> set[trace.Caller]:
    """The callers checked in this transaction; they cannot end until it does."""
    callers: set[trace.Caller] = memo().setdefault(_checked, set())
    return callers
