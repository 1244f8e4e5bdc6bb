"""The API for invitees: for sites with their own registration page."""

from __future__ import annotations

from typing import Any

from webapp.domain.accounts import bearers
from webapp.domain.invitations import acceptances, link_status
from webapp.web import limits
from webapp.web.api import request_schemas, sessions
from webapp.web.api.bodies import Blueprint
from webapp.web.api.response_schemas.links import OpeningSchema
from webapp.web.api.response_schemas.sessions import JoinedSchema
from webapp.web.limits import suspects

blueprint = Blueprint("api_acceptances", __name__, url_prefix="/api/v1/invitations")
limits.calls(blueprint)
limits.unknown_calls(blueprint)

Json = dict[str, Any]


@blueprint.get("/validate")
@limits.openings
@blueprint.arguments(request_schemas.Token, location="query")
@blueprint.response(200, OpeningSchema)
def validate(query: Json) -> Any:
    """Check a link

    Says whom the link invites, to which organization, and whether it can still be accepted. Needs
    no key and changes nothing. A token that Gatehouse did not issue is not found.
    """
    return link_status.look(query["token"])


@blueprint.post("/accept")
@limits.answers
@limits.guesses(suspects.linked)
@limits.guesses_by_link
@blueprint.arguments(
    request_schemas.Accept,
    example={"token": "…", "full_name": "Bo Lind", "password": "a gate of seven bars"},
)
@blueprint.response(201, JoinedSchema)
def accept(typed: Json) -> Any:
    """Accept an invitation

    Creates the account, joins the organization and signs the new member in. If the address already
    has an account, send its password, and a code if it has a second factor; `full_name` and
    `username` are then ignored. Checking a mailed link says which case it is (`has_account`). A
    copied link never says, and accepts both.
    """
    token, password = typed["token"], typed["password"]
    if link_status.look(token).asks_for_account:
        welcome = acceptances.accept(
            token,
            full_name=typed.get("full_name", ""),
            password=password,
            username=typed.get("username"),
            code=typed.get("code"),
        )
    else:
        welcome = acceptances.join(token, by=None, password=password, code=typed.get("code"))
    return sessions.signed_in(welcome.session_token, bearers.identify(welcome.session_token))
