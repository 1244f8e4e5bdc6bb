"""HEAD: programs look at an address before a person opens it, such as previews and mail scanners.

Nothing may come of that, so where opening an address has an effect, there is no looking.
"""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import MethodNotAllowed

# What does more than show something when it is opened.
WITH_EFFECT = {
    "account_data.export",  # on record
    "audit.export",
    "reviews.export",
    "openid.authorize",  # a code
    "gate.enter",
    "gate_visits.enter",  # uses the code up
    "openid_logout.ask",  # may sign out
}


def refuse() -> None:
    """Refuse to only look where opening has an effect."""
    if request.method == "HEAD" and request.endpoint in WITH_EFFECT:
        raise MethodNotAllowed(valid_methods=["GET"])
