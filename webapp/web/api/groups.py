"""The API for groups."""

from __future__ import annotations

from typing import Any

from webapp.domain import groups
from webapp.domain.groups import members as group_members
from webapp.domain.groups import table
from webapp.domain.organizations import memberships
from webapp.models import Group
from webapp.web import limits
from webapp.web.api import etags, group_requests, guard, paging
from webapp.web.api.bodies import Blueprint
from webapp.web.api.response_schemas.groups import GroupSchema, GroupsSchema
from webapp.web.api.response_schemas.members import MemberSchema

blueprint = Blueprint("api_groups", __name__, url_prefix="/api/v1/groups")
limits.calls(blueprint)
limits.unknown_calls(blueprint)

Json = dict[str, Any]
GROUP = GroupSchema()
MEMBER = MemberSchema()
EXAMPLE = {"slug": "field-staff", "name": "Field staff"}


@blueprint.get("")
@blueprint.arguments(group_requests.GroupQuery, location="query")
@blueprint.response(200, GroupsSchema)
def index(query: Json) -> Any:
    """List groups

    One page of the organization's groups, by slug.
    """
    page = table.page(guard.organization(), **paging.by_slug(query))
    return paging.answer(table.counted(page.rows), page.next)


@blueprint.post("")
@blueprint.arguments(group_requests.NewGroup, example=EXAMPLE)
@blueprint.response(201, GroupSchema)
def create(body: Json) -> Any:
    """Create a group

    A named set of members. It gives no rights in Gatehouse: other programs read it.
    """
    return _answer(groups.create(guard.organization(), by=guard.user(), **body), 201)


@blueprint.get("/<slug:group>")
@blueprint.response(200, GroupSchema)
def show(group: str) -> Any:
    """Get a group

    Its name, and how many are in it. `GET /members?group=` lists who they are.
    """
    return _answer(groups.find(guard.organization(), group))


@blueprint.patch("/<slug:group>")
@blueprint.arguments(group_requests.EditGroup, example={"name": "Field staff, north"})
@blueprint.response(200, GroupSchema)
def edit(body: Json, group: str) -> Any:
    """Change a group

    Changes its name or description, or whether invitations give it by default. With `If-Match`,
    nothing happens if somebody has changed it since it had that `ETag`.
    """
    body["seen"] = etags.seen(_facts)
    return _answer(groups.change(guard.organization(), group, by=guard.user(), **body))


@blueprint.delete("/<slug:group>")
@blueprint.response(204)
def delete(group: str) -> Any:
    """Delete a group

    Takes everybody out of it. Open invitations stay valid, without it.
    """
    groups.delete(guard.organization(), group, by=guard.user())


@blueprint.put("/<slug:group>/members/<id:membership_id>")
@blueprint.response(200, MemberSchema)
def add(group: str, membership_id: int) -> Any:
    """Put a member into a group

    Doing it again changes nothing.
    """
    group_members.add(guard.organization(), group, membership_id, by=guard.user())
    member = memberships.find(guard.organization(), membership_id)
    return etags.with_etag(member, MEMBER.dump(member))


@blueprint.delete("/<slug:group>/members/<id:membership_id>")
@blueprint.response(204)
def remove(group: str, membership_id: int) -> Any:
    """Take a member out of a group

    Doing it again changes nothing.
    """
    group_members.remove(guard.organization(), group, membership_id, by=guard.user())


def _facts(group: Group) -> Json:
    return dict(GROUP.dump(table.counted([group])[0]))


def _answer(group: Group, status: int = 200) -> Any:
    (line,) = table.counted([group])
    return etags.with_etag(line, GROUP.dump(line), status)
