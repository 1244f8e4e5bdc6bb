"""A secret of which we keep a digest only: the page after the one that made it shows it, once.

Until then it is in the browser's own cookie, encrypted. Secrets that we keep are shown by
`one_time_view`.
"""

from __future__ import annotations

import json
from typing import Any

from flask import session

from webapp import encryption

API_KEY, CLIENT_SECRET = "new api key", "new client secret"  # purposes
SECONDS = 300


def keep(purpose: str, row_id: int, secret: str) -> None:
    """Let this browser see the secret that was just made for this row."""
    session[purpose] = encryption.encrypt(purpose, json.dumps([row_id, secret]))


def take(purpose: str, row_id: int) -> str | None:
    """The secret that was just made for this row, this once."""
    if purpose not in session:
        return None
    try:
        kept: Any = json.loads(encryption.decrypt(purpose, session[purpose], SECONDS))
    except encryption.DecryptionError:
        del session[purpose]  # too old: nothing is left of it in the cookie
        return None
    if kept[0] != row_id:
        return None
    del session[purpose]
    return str(kept[1])
