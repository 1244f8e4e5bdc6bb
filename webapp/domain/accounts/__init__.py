"""What people change about their own account."""

from __future__ import annotations

from webapp.db import transaction
from webapp.domain import events
from webapp.domain.accounts import guesses, passwords, people, sessions
from webapp.domain.accounts.guesses import WrongGuess
from webapp.domain.errors import NotFound, Objections, Refusal
from webapp.domain.events import versions
from webapp.domain.events.versions import Seen
from webapp.models import User


@transaction({"uq_users_username_key": people.username_taken})
def change_profile(
    by: User, *, full_name: str | None, username: str | None, seen: Seen | None = None
) -> None:
    """Change one's own name and username; an empty username takes it away."""
    user = _held(by.id)
    wrong = Objections()
    name, handle = user.full_name, user.username
    with wrong:
        name = people.full_name(full_name)
    with wrong:
        handle = people.username(username)
    wrong.settle()
    if (name, handle) == (user.full_name, user.username):
        return
    told = "Your profile was changed elsewhere."
    versions.refuse_changed(seen, user, writes=True, told=lambda: told)
    before = {"name": user.full_name, "username": user.username}
    people.rename(user, name, handle)
    after = {"name": user.full_name, "username": user.username}
    changed = [what for what, now in after.items() if now != before[what]]
    events.record(
        sessions.last_used(user),
        "ProfileChanged",
        by=user,
        user_id=user.id,
        changed=" and ".join(changed),
    )


def change_password(by: User, *, present: str, password: str, session_id: int) -> None:
    """Set a new password for who knows the present one; all other sessions end, this one stays."""
    known = ""
    wrong = Objections()
    with wrong:
        not_it = WrongGuess("This is not your current password. Try again.", "present_password")
        known = guesses.known_hash(by, present, not_it)
    with wrong:
        people.check_password(by, password)
    wrong.settle()
    # Hashed before the lock: inside, every other writer would wait for it.
    _change_password(by.id, session_id, known, passwords.hashed(password))


@transaction()
def _change_password(user_id: int, session_id: int, known: str, password_hash: str) -> None:
    user = _held(user_id)
    if user.password_hash != known:
        raise Refusal("Your password was changed just now elsewhere.", "present_password")
    people.set_password(user, password_hash)
    sessions.end_all(user, but=session_id)
    events.record(sessions.last_used(user), "PasswordChanged", by=user, user_id=user.id)


def _held(user_id: int) -> User:
    user = people.held(user_id)
    if user is None:
        raise NotFound
    return user
