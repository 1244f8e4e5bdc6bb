"""The form cookie: what it holds besides the forms' CSRF secret."""

from __future__ import annotations

import secrets

from flask import session

from webapp.domain.accounts import kept_forms, sessions
from webapp.domain.accounts.kept_forms import Kept
from webapp.models import Session
from webapp.web.forms.pages import FORM_PAGES

KEY = "browser"  # holds a key that encrypts the kept forms of this browser
LAST = "session"  # holds the id of this browser's last session


def browser_key() -> str | None:
    """The key that encrypts this browser's kept forms, if any was kept."""
    key: str | None = session.get(KEY)
    return key


def make_browser_key() -> str:
    """The same key, made now if there is none."""
    key: str = session.setdefault(KEY, secrets.token_urlsafe(32))
    return key


def use_browser_key(key: str) -> None:
    """Keep using the key that this browser had before."""
    session[KEY] = key


def find(form_id: int, user_id: int | None) -> Kept | None:
    """The kept form with this id that was sent from this browser, if there is one."""
    key = browser_key()
    form = kept_forms.find(form_id, key, user_id) if form_id and key else None
    return form if form is not None and form.endpoint in FORM_PAGES else None


def drop(form_id: int) -> None:
    """Delete the kept form with this id, if it was sent from this browser."""
    key = browser_key()
    if form_id and key:
        kept_forms.drop(form_id, key)


def empty(last: Session | None) -> None:
    """Empty the form cookie, except for the last session: another tab may hold a form."""
    session.clear()
    if last is not None:
        session[LAST] = last.id


def last_session() -> Session | None:
    """This browser's last session by the form cookie, ended or not."""
    return sessions.get(session[LAST]) if LAST in session else None
