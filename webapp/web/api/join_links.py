"""The API for join links."""

from __future__ import annotations

from typing import Any

from webapp.domain import links
from webapp.domain.links import table
from webapp.models import JoinLink
from webapp.web import limits
from webapp.web.api import guard, join_link_requests, paging
from webapp.web.api.bodies import Blueprint
from webapp.web.api.response_schemas.join_links import LinkSchema, LinksSchema
from webapp.web.paths import row_id

blueprint = Blueprint("api_links", __name__, url_prefix="/api/v1/links")
limits.calls(blueprint)
limits.unknown_calls(blueprint)

Json = dict[str, Any]
EXAMPLE = {"label": "Course in March", "role": "contributor", "most_uses": 20, "expiry_days": 30}


@blueprint.get("")
@blueprint.arguments(join_link_requests.LinkQuery, location="query")
@blueprint.response(200, LinksSchema)
def index(query: Json) -> Any:
    """List join links

    One page of the organization's join links, newest first. Each has its code, so it takes the
    permission to invite.
    """
    cursor = query.get("cursor")
    before = row_id(cursor)
    if cursor and not before:
        raise paging.refuse_cursor()
    page = table.page(guard.organization(), before=before, size=query["limit"])
    return paging.answer(page.rows, page.next)


@blueprint.post("")
@blueprint.arguments(join_link_requests.NewLink, example=EXAMPLE)
@blueprint.response(201, LinkSchema)
def create(body: Json) -> Any:
    """Create a join link

    One link for many people: whoever opens it enters an address and is mailed an invitation of
    their own, in the name of the key's maker.
    """
    domains = " ".join(body.pop("domains", []))
    link = links.create(guard.organization(), by=guard.user(), domains=domains, **body)
    return _answer(link)


@blueprint.post("/<id:link_id>/pause")
@blueprint.response(200, LinkSchema)
def pause(link_id: int) -> Any:
    """Pause a join link

    Nobody can ask by it until it is resumed. Pausing it again is not an error.
    """
    return _answer(links.pause(guard.organization(), link_id, by=guard.user()))


@blueprint.post("/<id:link_id>/resume")
@blueprint.response(200, LinkSchema)
def resume(link_id: int) -> Any:
    """Resume a join link

    People can ask by it again. A link that was revoked stays so.
    """
    return _answer(links.resume(guard.organization(), link_id, by=guard.user()))


@blueprint.post("/<id:link_id>/revoke")
@blueprint.arguments(join_link_requests.RevokeLink, required=False)
@blueprint.response(200, LinkSchema)
def revoke(body: Json, link_id: int) -> Any:
    """Revoke a join link

    It never works again. `open_invitations` says what becomes of the invitations that it has made
    and that are still open. Revoking it again is not an error.
    """
    return _answer(links.revoke(guard.organization(), link_id, by=guard.user(), **body))


def _answer(link: JoinLink) -> Any:
    return table.line(links.find(guard.organization(), link.id))
