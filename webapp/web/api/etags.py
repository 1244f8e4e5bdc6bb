"""What a program got, marked in a header (ETag), and asked for again before that is changed.

A mark has two parts: of what is changed by somebody, and of what moves by itself, as a mail on its
way does. If-None-Match is about both. If-Match asks for the first alone: else a program that had
just invited somebody would be told that the invitation had changed, when only its mail had left.
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
MOVING = {"delivery", "opened_at", "last_seen_at"}


def of_invitation(row: Invitation) -> Json:
    """What of an invitation its mark is about: all that is shown, and which link is its present."""
    return {**INVITATION.dump(row), "link_number": row.link_number}


def marked(row: Any, facts: Json, status: int = 200) -> tuple[Any, int, Json]:
    """The row that is answered, with its ETag, which is about these facts."""
    moving = versions.mark({"": json.dumps({name: facts.get(name) for name in sorted(MOVING)})})
    return row, status, {"ETag": f'"{versions.mark(_lasting(facts))}-{moving}"'}


def seen(facts_of: Callable[[Any], Json]) -> Seen | None:
    """What the program says that it got (If-Match), by the facts of it; None if it does not say.

    Weak marks match nothing (RFC 9110 13.1.1); an asterisk, whatever is there.
    """
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    marks = {tag.partition("-")[0] for tag in request.if_match.as_set() if tag}
    return Seen(lambda row: _lasting(facts_of(row)), marks, is_condition=True)


def answer_unchanged(response: Response) -> None:
    """304 in place of what the program has already (If-None-Match)."""
    own = response.headers.get("ETag")
    if own is None or request.method not in ("GET", "HEAD") or response.status_code != 200:
        return
    # Clients that got it compressed have the mark with the way of compression behind it.
    sent = request.if_none_match.as_set(include_weak=True)
    known = {tag.partition(":")[0] for tag in sent if tag}
    if request.if_none_match.star_tag or own.strip('"') in known:
        response.status_code = 304
        response.set_data(b"")
        for name in ("Content-Type", "Content-Length"):
            response.headers.pop(name, None)


def _lasting(facts: Json) -> Json:
    lasting = {name: value for name, value in facts.items() if name not in MOVING}
    return {"": json.dumps(lasting, sort_keys=True)}
