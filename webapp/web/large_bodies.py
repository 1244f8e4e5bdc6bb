"""Bodies that are too large to be read."""

from __future__ import annotations

from flask import request

DRAINED = 256 * 1024 * 1024
PIECE = 64 * 1024


def drain() -> None:
    """Read the rest of the request's body in pieces and drop it.

    A browser that is still sending when the answer comes shows a broken connection instead.
    """
    left = min(request.content_length or 0, DRAINED)
    body = request.environ["wsgi.input"]
    while left > 0 and (piece := body.read(min(left, PIECE))):
        left -= len(piece)
