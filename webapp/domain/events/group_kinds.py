"""Every event of groups."""

from __future__ import annotations

from webapp.domain.events.kind import Counted, kind
from webapp.languages import marked as _
from webapp.languages import marked_plural as ngettext

GROUPS = {
    "GroupCreated": kind("group name", _("{actor} created the group “{name}”.")),
    "GroupChanged": kind("group name changed", _("{actor} changed the group “{name}”: {changed}.")),
    "GroupDeleted": kind(
        "group name members",
        _("{actor} deleted the group “{name}”."),
        Counted(
            "members",
            *ngettext(
                "{actor} deleted the group “{name}”, which had {members} member.",
                "{actor} deleted the group “{name}”, which had {members} members.",
            ),
        ),
    ),
    "GroupMemberAdded": kind(
        "group name user_id email", _("{actor} added {email} to the group “{name}”.")
    ),
    "GroupMemberRemoved": kind(
        "group name user_id email", _("{actor} took {email} out of the group “{name}”.")
    ),
}
