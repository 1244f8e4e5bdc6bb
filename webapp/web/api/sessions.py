"""Signing in by program, and who one is."""

from __future__ import annotations

from typing import Any

from webapp.domain.accounts import bearers, sessions
from webapp.domain.errors import Forbidden
from webapp.web import limits
from webapp.web.api import guard, response_schemas, schemas, serializers
from webapp.web.api.bodies import Blueprint
from webapp.web.limits import suspects

blueprint = Blueprint("api_sessions", __name__, url_prefix="/api/v1")
limits.calls(blueprint)
limits.unknown_calls(blueprint)

Json = dict[str, Any]
EXAMPLE = {"email": "priya@acme.example", "password": "…", "organization": "acme"}


@blueprint.post("/sessions")
@limits.sign_ins(suspects.named)
@blueprint.arguments(schemas.SignIn, example=EXAMPLE)
@blueprint.response(201, response_schemas.SignedIn)
def create(typed: Json) -> Any:
    """Sign in

    A session's token, which acts in one organization: the one named, or the last used. An account
    with a second factor needs its code in the same request.
    """
    token, bearer = bearers.sign_in(
        typed["email"],
        typed["password"],
        organization=typed.get("organization"),
        code=typed.get("code"),
    )
    return serializers.signed_in(token, bearer)


@blueprint.delete("/sessions/current")
@blueprint.response(204)
def end() -> None:
    """Sign out

    Ends the session whose token was sent. A key is revoked on its page instead.
    """
    session = guard.me().session
    if session is None:
        raise Forbidden("A key is no session. Revoke it on the page of the API keys.")
    sessions.end(session.id)


@blueprint.get("/me")
@blueprint.response(200, response_schemas.Me)
def me() -> Any:
    """Who am I?

    The account as which this token acts, where, and what it may do there.
    """
    bearer = guard.me()
    return {
        "user": serializers.user(bearer.user),
        "membership": serializers.membership(bearer.membership) if bearer.membership else None,
        "scopes": list(bearer.scopes),
        "by": "key" if bearer.key else "session",
    }
