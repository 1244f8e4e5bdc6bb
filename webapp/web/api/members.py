"""The API for members."""

from __future__ import annotations

from typing import Any

from webapp.domain.invitations import access
from webapp.domain.members import changing, roles
from webapp.domain.organizations import member_table, memberships
from webapp.domain.organizations.member_table import MemberFilters
from webapp.web import limits
from webapp.web.api import etags, guard, member_request_schemas, paging, request_schemas
from webapp.web.api.bodies import Blueprint
from webapp.web.api.response_schemas.members import MemberSchema, MembersSchema

blueprint = Blueprint("api_members", __name__, url_prefix="/api/v1/members")
limits.calls(blueprint)
limits.unknown_calls(blueprint)

Json = dict[str, Any]
MEMBER = MemberSchema()


@blueprint.get("")
@blueprint.arguments(request_schemas.MemberQuery, location="query")
@blueprint.response(200, MembersSchema)
def index(query: Json) -> Any:
    """List members

    One page of the organization's members, in the order in which they joined.
    """
    cursor = query.get("cursor")
    if cursor is not None and not member_table.is_place(cursor):
        raise paging.refuse_cursor()
    filters = MemberFilters.of(status=query["status"], q=query.get("q"))
    page = member_table.page(guard.organization(), filters, after=cursor, size=query["limit"])
    return paging.answer(page.rows, page.next)


@blueprint.get("/<id:membership_id>")
@blueprint.response(200, MemberSchema)
def show(membership_id: int) -> Any:
    """Get a member

    Their role, and whether they are active.
    """
    return _member(membership_id)


@blueprint.patch("/<id:membership_id>")
@blueprint.arguments(member_request_schemas.ChangeMember, example={"role": "manager"})
@blueprint.response(200, MemberSchema)
def edit(body: Json, membership_id: int) -> Any:
    """Change a member's role, or when their access ends

    A new role ends their sessions. The last active admin can be neither demoted nor given an end.
    With `If-Match`, nothing happens if somebody has changed the member since they had that `ETag`.
    """
    changes = {**body, "seen": etags.seen(MEMBER.dump)}
    if "access_until" in changes:
        until = changes.pop("access_until")
        changes["ends_at"] = access.end(guard.organization(), until)
    changing.change(guard.organization(), membership_id, by=guard.user(), **changes)
    return _member(membership_id)


@blueprint.post("/<id:membership_id>/deactivate")
@blueprint.arguments(member_request_schemas.Deactivate, required=False)
@blueprint.response(200, MemberSchema)
def deactivate(body: Json, membership_id: int) -> Any:
    """Deactivate a member

    Ends their sessions and API keys at once. Their access to other organizations does not change.
    """
    roles.deactivate(guard.organization(), membership_id, by=guard.user(), **body)
    return _member(membership_id)


@blueprint.post("/<id:membership_id>/reactivate")
@blueprint.response(200, MemberSchema)
def reactivate(membership_id: int) -> Any:
    """Reactivate a member

    They get the role they had before.
    """
    roles.reactivate(guard.organization(), membership_id, by=guard.user())
    return _member(membership_id)


def _member(membership_id: int) -> Any:
    member = memberships.find(guard.organization(), membership_id)
    return etags.with_etag(member, MEMBER.dump(member))
