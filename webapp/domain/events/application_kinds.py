"""The events of applications."""

from __future__ import annotations

from webapp.domain.events.kind import kind
from webapp.languages import marked as _

APPLICATIONS = {
    "ApplicationCreated": kind(
        "application name host", _("{actor} created the application “{name}” at {host}.")
    ),
    "ApplicationChanged": kind(
        "application name changed", _("{actor} changed the application “{name}”: {changed}.")
    ),
    "ApplicationDeleted": kind("application name", _("{actor} deleted the application “{name}”.")),
    "ApplicationEntered": kind(
        "application name user_id email how", _("{actor} entered “{name}” {how}.")
    ),
    "ApplicationRefused": kind(
        "application name user_id email how reason",
        _("{actor} was not let into “{name}”: {reason}."),
    ),
}
