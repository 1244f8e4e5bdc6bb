"""Answering an invitation by program: for sites with their own registration page."""

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
    """Look at a link

    Whom it invites, where to, and whether it can still be accepted. Needs no key and changes
    nothing. A token that is none of ours is not found.
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

    Makes the account and joins; the new member is signed in. Where the address has an account
    already, its password joins, with the code of its second factor where it has one; `full_name`
    and `username` are not used then. Looking at a mailed link tells (`has_account`); a copied one
    tells nobody, and takes either.
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
