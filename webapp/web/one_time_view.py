"""Permission to see one secret for a few minutes, given by a button whose use is recorded."""

from __future__ import annotations

from webapp import signing
from webapp.web import scope

PURPOSE = "show link"
SECONDS = 300


def make(row_id: int, purpose: str = PURPOSE) -> str:
    """A signed text that lets this session see this row's secret for five minutes."""
    return signing.sign_for_now(purpose, [row_id, _session_id()])


def is_fresh(text: str | None, row_id: int, purpose: str = PURPOSE) -> bool:
    """Whether the text was made for this session, row and purpose within five minutes."""
    try:
        permit = signing.read_recent(purpose, text or "", SECONDS)
    except signing.BadSignature:
        return False
    return bool(permit == [row_id, _session_id()])


def _session_id() -> int:
    session = scope.current_session()
    return session.id if session else 0
