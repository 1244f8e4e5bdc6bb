"""ETags of invitations, members and groups, and the conditions that programs send with them.

An ETag has two parts: one for what people change, one for what changes by itself, such as a mail
on its way. If-None-Match compares both, If-Match only the first: otherwise a program that has just
invited somebody would be told that the invitation had changed, when only its mail had left.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Response, request

from webapp.domain.events import versions
from webapp.domain.events.versions import Seen
from webapp.models import Invitation
from webapp.web.api.response_schemas.invitations import InvitationSchema

Json = dict[str, Any]
INVITATION = InvitationSchema()
MOVING = {"delivery", "opened_at", "last_seen_at", "members"}


def of_invitation(row: Invitation) -> Json:
    """The facts behind an invitation's ETag: all that is shown, and the number of its link."""
    return {**INVITATION.dump(row), "link_number": row.link_number}


def with_etag(row: Any, facts: Json, status: int = 200) -> tuple[Any, int, Json]:
    """The row to answer with, and the ETag of these facts."""
    moving = versions.mark({"": json.dumps({name: facts.get(name) for name in sorted(MOVING)})})
    return row, status, {"ETag": f'"{versions.mark(_lasting(facts))}-{moving}"'}


def seen(facts_of: Callable[[Any], Json]) -> Seen | None:
    """The version that the program says it has (If-Match); None if it names none.

    Weak ETags match nothing (RFC 9110 13.1.1), an asterisk matches everything.
    """
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    marks = {tag.partition("-")[0] for tag in request.if_match.as_set() if tag}
    return Seen(lambda row: _lasting(facts_of(row)), marks, is_condition=True)


def answer_unchanged(response: Response) -> None:
    """Answer 304 if the program has this version already (If-None-Match)."""
    etag = response.headers.get("ETag")
    if etag is None or request.method not in ("GET", "HEAD") or response.status_code != 200:
        return
    # Clients send the ETag of a compressed answer with the compression's name after it.
    sent = request.if_none_match.as_set(include_weak=True)
    tags = {tag.partition(":")[0] for tag in sent if tag}
    if request.if_none_match.star_tag or etag.strip('"') in tags:
        response.status_code = 304
        response.set_data(b"")
        for name in ("Content-Type", "Content-Length"):
            response.headers.pop(name, None)


def _lasting(facts: Json) -> Json:
    lasting = {name: value for name, value in facts.items() if name not in MOVING}
    return {"": json.dumps(lasting, sort_keys=True)}
