"""What people change about their own account."""

from __future__ import annotations

from typing import Any

from webapp.db import transaction
from webapp.domain import events
from webapp.domain.accounts import guesses, passwords, people, sessions
from webapp.domain.accounts.guesses import WrongGuess
from webapp.domain.errors import NotFound, Objections, Refusal
from webapp.domain.events import versions
from webapp.domain.events.versions import Seen
from webapp.languages import gettext
from webapp.models import User


@transaction({"uq_users_username_key": people.username_taken})
def change_profile(
    by: User, *, full_name: str | None, username: str | None, seen: Seen | None = None
) -> None:
    """Change the caller's own name and username; an empty username removes it."""
    user = _locked(by.id)
    before = {"name": user.full_name, "username": user.username}
    after = _checked_profile(user, full_name, username)
    changed = [field for field, value in after.items() if value != before[field]]
    if not changed:
        return
    message = gettext("Your profile was changed elsewhere.")
    versions.refuse_changed(seen, user, writes=True, told=lambda: message)
    people.rename(user, after["name"], after["username"])
    events.record(
        sessions.last_used(user),
        "ProfileChanged",
        by=user,
        user_id=user.id,
        changed=" and ".join(changed),
    )


def _checked_profile(user: User, full_name: str | None, username: str | None) -> dict[str, Any]:
    wrong = Objections()
    profile = {"name": user.full_name, "username": user.username}
    with wrong:
        profile["name"] = people.full_name(full_name)
    with wrong:
        profile["username"] = people.username(username)
    wrong.settle()
    return profile


def change_password(by: User, *, present: str, password: str, session_id: int) -> None:
    """Set a new password, given the present one; end all sessions but this one."""
    known_hash = ""
    wrong = Objections()
    with wrong:
        refusal = WrongGuess(
            gettext("This is not your current password. Try again."), "present_password"
        )
        known_hash = guesses.known_hash(by, present, refusal)
    with wrong:
        people.check_password(by, password)
    wrong.settle()
    # Hashed before the lock: inside, every other writer would wait for it.
    _change_password(by.id, session_id, known_hash, passwords.hashed(password))


@transaction()
def _change_password(user_id: int, session_id: int, known_hash: str, password_hash: str) -> None:
    user = _locked(user_id)
    if user.password_hash != known_hash:
        raise Refusal(gettext("Your password was just changed somewhere else."), "present_password")
    people.set_password(user, password_hash)
    sessions.end_all(user, but=session_id)
    events.record(sessions.last_used(user), "PasswordChanged", by=user, user_id=user.id)


def _locked(user_id: int) -> User:
    user = people.held(user_id)
    if user is None:
        raise NotFound
    return user
