"""The form cookie: what it knows of a browser besides the forms' CSRF secret."""

from __future__ import annotations

import secrets

from flask import session

from webapp.domain.accounts import kept_forms, sessions
from webapp.domain.accounts.kept_forms import Kept
from webapp.models import Session
from webapp.web.forms.pages import FORM_PAGES

KEY = "browser"  # part of what seals the kept forms of this browser
LAST = "session"  # the last session of this browser, by its number


def browser_key() -> str | None:
    """What seals the forms that were sent from this browser, if any was kept."""
    found: str | None = session.get(KEY)
    return found


def make_browser_key() -> str:
    """The same, made now if there is none yet."""
    found: str = session.setdefault(KEY, secrets.token_urlsafe(32))
    return found


def use_browser_key(key: str) -> None:
    """Go on with the key that this browser had before."""
    session[KEY] = key


def find(form_id: int, user_id: int | None) -> Kept | None:
    """The form of this number that was sent from this browser, if it is kept."""
    key = browser_key()
    found = kept_forms.find(form_id, key, user_id) if form_id and key else None
    return found if found is not None and found.endpoint in FORM_PAGES else None


def drop(form_id: int) -> None:
    """Forget the form of this number, if it was sent from this browser."""
    key = browser_key()
    if form_id and key:
        kept_forms.drop(form_id, key)


def empty(last: Session | None) -> None:
    """Empty the form cookie, but for which session was the last: another tab may hold a form."""
    session.clear()
    if last is not None:
        session[LAST] = last.id


def last_session() -> Session | None:
    """The last session of this browser, ended or not, by the form cookie."""
    return sessions.get(session[LAST]) if LAST in session else None
