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
    lacked: str = SESSION  # what its sender did not have


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
    """Keep a form for an hour and return its number; None when its sender's account is gone.

    Fields that are too long together are not kept; that they were there is.
    """
    user = people.held(user_id)
    if user is None or user.deleted_at is not None:
        return None
    typed = [(name, texts.showable(text)) for name, text in fields]
    is_too_long = sum(len(text.encode()) for _, text in typed) > BYTES_MOST
    kept = [endpoint, page, [] if is_too_long else typed, is_too_long, lacked]
    row = KeptForm(
        user_id=user_id,
        browser=_digest(browser_key),
        sealed=encryption.encrypt(_purpose(browser_key), json.dumps(kept, ensure_ascii=False)),
        created_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    newest = select(KeptForm.id).where(KeptForm.user_id == user_id).order_by(KeptForm.id.desc())
    kept_ids = db.session.scalars(newest.limit(FORMS_MOST)).all()
    _count(delete(KeptForm).where(KeptForm.user_id == user_id, KeptForm.id.not_in(kept_ids)))
    return row.id


def find(form_id: int, browser_key: str, user_id: int | None = None) -> Kept | None:
    """The form of this number and browser; with a user's id only if it is that user's own."""
    query = select(KeptForm).where(
        KeptForm.id == form_id,
        KeptForm.browser == _digest(browser_key),
        KeptForm.created_at > clock.now() - KEPT,
    )
    if user_id is not None:
        query = query.where(KeptForm.user_id == user_id)
    return _opened(db.session.scalar(query), browser_key)


def newest(browser_key: str, user_id: int) -> Kept | None:
    """What this person sent last from this browser, if it is still kept."""
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
    """Forget one form of this browser: it was sent again, or there was nothing to give back."""
    its = KeptForm.browser == _digest(browser_key)
    _count(delete(KeptForm).where(KeptForm.id == form_id, its))


@transaction()
def drop_of_others(browser_key: str, user_id: int) -> int:
    """Forget what anybody but this user sent from this browser; returns how many."""
    its = KeptForm.browser == _digest(browser_key)
    return _count(delete(KeptForm).where(its, KeptForm.user_id != user_id))


@transaction()
def forget() -> int:
    """Drop what was kept for an hour; returns how many."""
    return _count(delete(KeptForm).where(KeptForm.created_at <= clock.now() - KEPT))


def forget_of(user: User) -> None:
    """Drop everything that is kept for the user, in the present transaction."""
    _count(delete(KeptForm).where(KeptForm.user_id == user.id))


def _opened(row: KeptForm | None, browser_key: str) -> Kept | None:
    if row is None:
        return None
    try:
        endpoint, page, fields, *more = json.loads(
            encryption.decrypt(_purpose(browser_key), row.sealed)
        )
    except encryption.DecryptionError:  # SECRET_KEY was changed meanwhile
        return None
    return Kept(row.id, endpoint, page, [(name, text) for name, text in fields], *more)


def _count(statement: Delete) -> int:
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]


def _purpose(browser_key: str) -> str:
    return f"kept form {browser_key}"


def _digest(browser_key: str) -> str:
    return hashlib.sha256(browser_key.encode()).hexdigest()
