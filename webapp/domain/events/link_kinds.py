"""The events of join links."""

from __future__ import annotations

from webapp.domain.events.kind import Counted, kind
from webapp.languages import marked as _
from webapp.languages import marked_plural as ngettext

LINKS = {
    "JoinLinkCreated": kind(
        "link_id label role most_uses expires_at",
        _("{actor} created the join link “{label}”."),
        Counted(
            "most_uses",
            *ngettext(
                "{actor} created the join link “{label}” for {most_uses} person.",
                "{actor} created the join link “{label}” for up to {most_uses} people.",
            ),
        ),
    ),
    "JoinLinkChanged": kind(
        "link_id label changed", _("{actor} changed the join link “{label}”: {changed}.")
    ),
    "JoinLinkRevoked": kind("link_id label", _("{actor} revoked the join link “{label}”.")),
}
