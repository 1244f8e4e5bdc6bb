"""Where a form leads back to: the list that it was opened from."""

from __future__ import annotations

from flask import request

from webapp.web import pages, paths


def to(address: str) -> str | None:
    """The page at that address, with the query it was left with.

    None when the form was opened from elsewhere, except in a dialog, which is always over it.
    """
    came = paths.of_address(request.headers.get("HX-Current-URL") or request.referrer or "")
    left = pages.own_path(came) if came.partition("?")[0] == address else None
    sent = pages.own_path(request.form.get("back"))
    return sent or left or (address if pages.wants_fragment() else None)
