"""Permission to see one secret for a while: it is shown only after a button, on record."""

from __future__ import annotations

from webapp import signing
from webapp.web import scope

PURPOSE = "show link"
SECONDS = 300


def make(row_id: int, purpose: str = PURPOSE) -> str:
    """A text that lets this session see this row's secret (an invitation's link) for 5 minutes."""
    return signing.sign_for_now(purpose, [row_id, _session_id()])


def is_fresh(text: str | None, row_id: int, purpose: str = PURPOSE) -> bool:
    """Whether the text was made for this session, row and purpose within five minutes."""
    try:
        shown = signing.read_recent(purpose, text or "", SECONDS)
    except signing.BadSignature:
        return False
    return bool(shown == [row_id, _session_id()])


def _session_id() -> int:
    present = scope.present_session()
    return present.id if present else 0
