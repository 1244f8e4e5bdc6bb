"""HEAD, which link previews and mail scanners send before a person opens an address.

It must change nothing, so it is refused wherever GET has an effect.
"""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import MethodNotAllowed

# Where GET does more than show something.
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
    """Refuse HEAD where GET has an effect (RFC 9110, 9.2.1)."""
    if request.method == "HEAD" and request.endpoint in WITH_EFFECT:
        raise MethodNotAllowed(valid_methods=["GET"])
