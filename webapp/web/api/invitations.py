"""The API for invitations."""

from __future__ import annotations

from typing import Any

from webapp.domain import invitations
from webapp.domain.errors import Refusal
from webapp.domain.invitations import access, lists, resends, table
from webapp.domain.invitations.lists import ItemResult
from webapp.domain.invitations.table import InvitationFilters
from webapp.models import Invitation
from webapp.web import limits
from webapp.web.api import etags, guard, paging, problems, request_schemas
from webapp.web.api.bodies import Blueprint
from webapp.web.api.response_schemas.invitations import (
    InvitationMadeSchema,
    InvitationSchema,
    InvitationsSchema,
    ResultsSchema,
)

blueprint = Blueprint("api_invitations", __name__, url_prefix="/api/v1/invitations")
limits.calls(blueprint)
limits.unknown_calls(blueprint)

Json = dict[str, Any]


@blueprint.get("")
@blueprint.arguments(request_schemas.InvitationQuery, location="query")
@blueprint.response(200, InvitationsSchema)
def index(query: Json) -> Any:
    """List invitations

    One page of the organization's invitations, newest first unless you ask for another order.
    """
    filters = InvitationFilters.of(
        status=query.get("status"),
        q=query.get("q"),
        sort=query["sort"],
        group_id=paging.group_id(query.get("group")),
        link_id=paging.link_id(query.get("link")),
    )
    cursor = query.get("cursor")
    if cursor is not None and not table.is_place(filters, cursor):
        raise paging.refuse_cursor()
    page = table.page(guard.organization(), filters, after=cursor or None, size=query["limit"])
    return paging.answer(page.rows, page.next)


@blueprint.post("")
@blueprint.arguments(
    request_schemas.Invite, example={"email": "bo@example.org", "role": "contributor"}
)
@blueprint.response(201, InvitationMadeSchema)
def create(body: Json) -> Any:
    """Invite somebody

    Creates the invitation and mails its link, unless `send_email` is false. The response also
    contains a link that you can hand over yourself. An account created with that link stays
    unverified until its owner confirms the address by mail.
    """
    send, offer = body.pop("send_email"), _offer(body)
    invitation = invitations.create(guard.organization(), by=guard.user(), send=send, **offer)
    return _answer(invitation, 201)


EXAMPLE = {
    "invitations": [
        {"email": "jo@example.org", "role": "contributor"},
        {"email": "mi@example.org", "role": "manager", "name": "Mi"},
    ]
}


@blueprint.post("/bulk")
@blueprint.arguments(request_schemas.InviteMany, example=EXAMPLE)
@blueprint.response(207, ResultsSchema)
def create_many(body: Json) -> Any:
    """Invite many

    Invites up to 1,000 people at once. The response has one result for each of them, in the order
    you sent them. Some can be refused while others are invited.
    """
    items = [{"send": item.pop("send_email"), **item} for item in body["invitations"]]
    outcomes = lists.invite(guard.organization(), items, by=guard.user())
    results = [_result(item, outcome) for item, outcome in zip(items, outcomes, strict=True)]
    invited = sum(result["status"] == 201 for result in results)
    return {"results": results, "invited": invited, "refused": len(results) - invited}


@blueprint.get("/<id:invitation_id>")
@blueprint.response(200, InvitationSchema)
def show(invitation_id: int) -> Any:
    """Get an invitation

    Its current state, and the state of its newest mail.
    """
    return _answer(invitations.find(guard.organization(), invitation_id))


@blueprint.patch("/<id:invitation_id>")
@blueprint.arguments(request_schemas.Edit, example={"role": "manager"})
@blueprint.response(200, InvitationSchema)
def edit(body: Json, invitation_id: int) -> Any:
    """Change an open invitation

    Changes its role, groups, term, access, name or message, and leaves alone what you do not send.
    The link stays the same and no mail is sent. With `If-Match`, nothing happens if somebody has
    changed it since it had that `ETag`.
    """
    changes = {**_offer(body), "seen": etags.seen(etags.of_invitation)}
    by = guard.user()
    return _answer(invitations.edit(guard.organization(), invitation_id, by=by, **changes))


@blueprint.post("/<id:invitation_id>/resend")
@blueprint.response(200, InvitationSchema)
def resend(invitation_id: int) -> Any:
    """Send a new link

    Mails a new link with a full new term. Earlier links stop working. Allowed once a minute and
    five times a day.
    """
    return _answer(resends.resend(guard.organization(), invitation_id, by=guard.user()))


@blueprint.post("/<id:invitation_id>/revoke")
@blueprint.response(200, InvitationSchema)
def revoke(invitation_id: int) -> Any:
    """Revoke an invitation

    Its link stops working at once. Revoking it again is not an error.
    """
    return _answer(invitations.revoke(guard.organization(), invitation_id, by=guard.user()))


def _offer(body: Json) -> Json:
    """What was sent, under the domain's names."""
    names = ("access_until", "access_days")
    offer = {name: value for name, value in body.items() if name not in names}
    return offer if offer.keys() == body.keys() else {**offer, "access": access.offered(body)}


def _answer(invitation: Invitation, status: int = 200) -> Any:
    return etags.with_etag(invitation, etags.of_invitation(invitation), status)


def _result(item: Json, outcome: ItemResult) -> Json:
    email = item.get("email")
    if outcome.invitation is not None:
        return {"status": 201, "email": email, "invitation": outcome.invitation}
    refusal = outcome.refusal or Refusal("")
    kind = problems.kind_of(refusal)
    problem = problems.document(kind, refusal.message, **problems.facts_of(refusal))
    return {"status": problem["status"], "email": email, "problem": problem}
