"""What a page tells after a POST: one message, which may offer to undo what was done."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from flask import flash

from webapp.domain.imports import reading
from webapp.languages import gettext, marked, ngettext

# For whom something was not done: for one person, and above several.
NOT_DONE = {
    "invited": (marked("%(email)s was not invited: %(reason)s"), marked("Not invited:")),
    "resent": (marked("%(email)s was not resent: %(reason)s"), marked("Not resent:")),
    "extended": (marked("%(email)s was not extended: %(reason)s"), marked("Not extended:")),
    "ended": (marked("The access of %(email)s was not ended: %(reason)s"), marked("Not ended:")),
    "revoked": (marked("%(email)s was not revoked: %(reason)s"), marked("Not revoked:")),
    "decided": (marked("%(email)s stays open: %(reason)s"), marked("Still open:")),
    "reviewed": (marked("%(email)s stays as before: %(reason)s"), marked("As before:")),
}
SHOWN = 5  # people who are named, each with the reason
_BETWEEN = re.compile(r"[\s\u2068\u2069]+")  # words: spaces, and isolates around values
# Bytes of what names them. Messages travel in a cookie, and browsers drop one above 4,096 bytes.
MOST = 1400


def tell(text: str, *, undo: str | None = None, **fields: str) -> None:
    """Tell of a success on the next page; `undo` is the address that takes `fields` to undo it."""
    offer = {"address": undo, "fields": fields} if undo else None
    flash({"text": text, "undo": offer}, "success")  # type: ignore[arg-type]


def tell_refused(done: str, refused: Sequence[tuple[str, str]]) -> None:
    """Tell for whom it was not done, and why: the first few, and how many more there are."""
    if not refused:
        return
    if len(refused) == 1:
        ((email, why),) = refused
        words = gettext(NOT_DONE[done][0], email=reading.shown(email, 100), reason=_cut(why))
        flash(words, "error")
        return
    words = gettext(NOT_DONE[done][1])
    for number, (email, why) in enumerate(refused):
        longer = f"{words} {_sentence(email, why)}"
        if number == SHOWN or (number and len(json.dumps(longer)) > MOST):
            more = ngettext("And %(num)s more.", "And %(num)s more.", len(refused) - number)
            words += f" {more}"
            break
        words = longer
    flash(words, "error")


def _sentence(email: str, why: str) -> str:
    """Why, with the address unless that is named already."""
    reason = _cut(why)
    return reason if email in _BETWEEN.split(reason) else f"{reading.shown(email, 100)}: {reason}"


def _cut(why: str) -> str:
    """Words of ours on one line, with their isolates; the values in them have been cleaned."""
    return " ".join(why.split())[:300]
