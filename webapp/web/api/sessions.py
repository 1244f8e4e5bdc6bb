"""Signing in by program, and asking who the caller is."""

from __future__ import annotations

from typing import Any

from webapp.domain.accounts import bearers, sessions
from webapp.domain.accounts.bearers import Bearer
from webapp.domain.errors import Forbidden
from webapp.web import limits
from webapp.web.api import guard, request_schemas
from webapp.web.api.bodies import Blueprint
from webapp.web.api.response_schemas.sessions import MeSchema, SignedInSchema
from webapp.web.limits import suspects

blueprint = Blueprint("api_sessions", __name__, url_prefix="/api/v1")
limits.calls(blueprint)
limits.unknown_calls(blueprint)

Json = dict[str, Any]
EXAMPLE = {"email": "priya@acme.example", "password": "…", "organization": "acme"}


@blueprint.post("/sessions")
@limits.sign_ins(suspects.named)
@blueprint.arguments(request_schemas.SignIn, example=EXAMPLE)
@blueprint.response(201, SignedInSchema)
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
    return signed_in(token, bearer)


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
@blueprint.response(200, MeSchema)
def me() -> Any:
    """Who am I?

    The account as which this token acts, where, and what it may do there.
    """
    return guard.me()


def signed_in(token: str, bearer: Bearer) -> Json:
    """The answer to signing in: the token, and whom it signs in."""
    return {
        "access_token": token,
        "token_type": "bearer",
        "expires_at": bearer.session.expires_at if bearer.session else None,
        "user": bearer.user,
        "membership": bearer.membership,
    }
