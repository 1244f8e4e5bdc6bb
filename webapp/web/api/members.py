"""Members by program."""

from __future__ import annotations

from typing import Any

from webapp.domain import cursors
from webapp.domain.members import roles
from webapp.domain.organizations import member_table, memberships
from webapp.domain.organizations.member_table import MemberFilters
from webapp.web import limits
from webapp.web.api import etags, guard, paging, request_schemas
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

    A page of the organization's members in the order in which they joined.
    """
    place = cursors.read(query.get("cursor"), [cursors.number])
    if query.get("cursor") is not None and place is None:
        raise paging.refuse_cursor()
    filters = MemberFilters.of(status=query["status"], q=query.get("q"))
    after = place[0] if place else 0
    page = member_table.page(guard.organization(), filters, after=after, size=query["limit"])
    following = cursors.write([page.rows[-1].id]) if page.next else None
    return paging.answer(page.rows, following)


@blueprint.get("/<id:membership_id>")
@blueprint.response(200, MemberSchema)
def show(membership_id: int) -> Any:
    """Look at one member

    Their role, and whether they may enter.
    """
    return _member(membership_id)


@blueprint.patch("/<id:membership_id>")
@blueprint.arguments(request_schemas.ChangeRole, example={"role": "manager"})
@blueprint.response(200, MemberSchema)
def edit(body: Json, membership_id: int) -> Any:
    """Change a member's role

    Their sessions end. The last active admin stays one. With `If-Match` only if nobody has changed
    the member since they had that `ETag`.
    """
    body["seen"] = etags.seen(MEMBER.dump)
    roles.change_role(guard.organization(), membership_id, by=guard.user(), **body)
    return _member(membership_id)


@blueprint.post("/<id:membership_id>/deactivate")
@blueprint.arguments(request_schemas.Deactivate, required=False)
@blueprint.response(200, MemberSchema)
def deactivate(body: Json, membership_id: int) -> Any:
    """Deactivate a member

    Their sessions and keys end at once; other organizations stay open to them.
    """
    roles.deactivate(guard.organization(), membership_id, by=guard.user(), **body)
    return _member(membership_id)


@blueprint.post("/<id:membership_id>/reactivate")
@blueprint.response(200, MemberSchema)
def reactivate(membership_id: int) -> Any:
    """Reactivate a member

    In the role that they had.
    """
    roles.reactivate(guard.organization(), membership_id, by=guard.user())
    return _member(membership_id)


def _member(membership_id: int) -> Any:
    member = memberships.find(guard.organization(), membership_id)
    return etags.with_etag(member, MEMBER.dump(member))
