"""Forms that arrived after their session had ended, kept for the same person and browser."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Delete, delete, select

from webapp import clock, encryption
from webapp.db import db, transaction
from webapp.domain import texts
from webapp.domain.accounts import people
from webapp.models import KeptForm, User

KEPT = timedelta(hours=1)
BYTES_MOST = 256 * 1024  # about ten thousand pasted addresses
FORMS_MOST = 5  # of one person; the oldest makes room
SESSION, FACTOR = "session", "second factor"


@dataclass(frozen=True, slots=True)
class Kept:
    """A form as it was sent: where to, from which page, and its fields in their order."""

    id: int
    endpoint: str
    page: str
    fields: Sequence[tuple[str, str]]
    is_too_long: bool = False  # its fields were left out
    lacked: str = SESSION  # which of the two its sender lacked


@transaction()
def keep(
    user_id: int,
    browser_key: str,
    *,
    endpoint: str,
    page: str,
    fields: Sequence[tuple[str, str]],
    lacked: str = SESSION,
) -> int | None:
    """Keep a form for an hour and return its id; None when its sender's account is gone.

    Fields that are too long together are left out, and `is_too_long` says so.
    """
    user = people.held(user_id)
    if user is None or user.deleted_at is not None:
        return None
    typed = [(name, texts.showable(text)) for name, text in fields]
    is_too_long = sum(len(text.encode()) for _, text in typed) > BYTES_MOST
    content = [endpoint, page, [] if is_too_long else typed, is_too_long, lacked]
    row = KeptForm(
        user_id=user_id,
        browser=_digest(browser_key),
        sealed=encryption.encrypt(_purpose(browser_key), json.dumps(content, ensure_ascii=False)),
        created_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    _drop_oldest(user_id)
    return row.id


def find(form_id: int, browser_key: str, user_id: int | None = None) -> Kept | None:
    """The form with this id from this browser; with a user's id, only if that user sent it."""
    query = select(KeptForm).where(
        KeptForm.id == form_id,
        KeptForm.browser == _digest(browser_key),
        KeptForm.created_at > clock.now() - KEPT,
    )
    if user_id is not None:
        query = query.where(KeptForm.user_id == user_id)
    return _opened(db.session.scalar(query), browser_key)


def newest(browser_key: str, user_id: int) -> Kept | None:
    """The last form that this person sent from this browser, if it is still kept."""
    query = (
        select(KeptForm)
        .where(
            KeptForm.user_id == user_id,
            KeptForm.browser == _digest(browser_key),
            KeptForm.created_at > clock.now() - KEPT,
        )
        .order_by(KeptForm.id.desc())
        .limit(1)
    )
    return _opened(db.session.scalar(query), browser_key)


@transaction()
def drop(form_id: int, browser_key: str) -> None:
    """Forget one form of this browser, because it was sent again or cannot be given back."""
    of_browser = KeptForm.browser == _digest(browser_key)
    _delete(delete(KeptForm).where(KeptForm.id == form_id, of_browser))


@transaction()
def drop_of_others(browser_key: str, user_id: int) -> int:
    """Forget what others than this user sent from this browser; returns how many."""
    of_browser = KeptForm.browser == _digest(browser_key)
    return _delete(delete(KeptForm).where(of_browser, KeptForm.user_id != user_id))


@transaction()
def forget() -> int:
    """Drop forms that were kept for an hour; returns how many."""
    return _delete(delete(KeptForm).where(KeptForm.created_at <= clock.now() - KEPT))


def forget_of(user: User) -> None:
    """Drop everything that is kept for the user, in the present transaction."""
    _delete(delete(KeptForm).where(KeptForm.user_id == user.id))


def _drop_oldest(user_id: int) -> None:
    theirs = KeptForm.user_id == user_id
    newest = select(KeptForm.id).where(theirs).order_by(KeptForm.id.desc()).limit(FORMS_MOST)
    _delete(delete(KeptForm).where(theirs, KeptForm.id.not_in(db.session.scalars(newest).all())))


def _opened(row: KeptForm | None, browser_key: str) -> Kept | None:
    if row is None:
        return None
    try:
        endpoint, page, fields, *optional = json.loads(
            encryption.decrypt(_purpose(browser_key), row.sealed)
        )
    except encryption.DecryptionError:  # SECRET_KEY was changed meanwhile
        return None
    return Kept(row.id, endpoint, page, [(name, text) for name, text in fields], *optional)


def _delete(statement: Delete) -> int:
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]


def _purpose(browser_key: str) -> str:
    return f"kept form {browser_key}"


def _digest(browser_key: str) -> str:
    return hashlib.sha256(browser_key.encode()).hexdigest()
