"""Permission to see one link for a while: a link is shown only after a button, on record."""

from __future__ import annotations

from webapp import signing
from webapp.web import scope

PURPOSE = "show link"
SECONDS = 300


def make(invitation_id: int) -> str:
    """A text that lets this session see this invitation's link for five minutes."""
    return signing.sign_for_now(PURPOSE, [invitation_id, _session_id()])


def is_fresh(text: str | None, invitation_id: int) -> bool:
    """Whether the text was made for this session and invitation within five minutes."""
    try:
        shown = signing.read_recent(PURPOSE, text or "", SECONDS)
    except signing.BadSignature:
        return False
    return bool(shown == [invitation_id, _session_id()])


def _session_id() -> int:
    present = scope.present_session()
    return present.id if present else 0
