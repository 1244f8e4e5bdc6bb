"""The events of requests."""

from __future__ import annotations

from webapp.domain.events.kind import kind
from webapp.languages import marked as _

REQUESTS = {
    "RequestMade": kind("request kind email", _("A request about {email} was made: {kind}.")),
    "RequestApproved": kind("request kind email", _("{actor} approved the request about {email}.")),
    "RequestDeclined": kind(
        "request kind email how", _("The request about {email} was not approved: {how}.")
    ),
}
