"""The API for signing in, and for asking who the caller is."""

from __future__ import annotations

from typing import Any

from webapp.domain.accounts import bearers, sessions
from webapp.domain.accounts.bearers import Bearer
from webapp.domain.errors import Forbidden
from webapp.web import last_activity, limits
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

    Returns the token of a new session. It acts in one organization: the one you name, or the last
    one used. An account with a second factor needs its code in the same request.
    """
    token, bearer = bearers.sign_in(
        typed["email"],
        typed["password"],
        organization=typed.get("organization"),
        code=typed.get("code"),
    )
    if bearer.session is not None:
        last_activity.signed_in(bearer.session)
    return signed_in(token, bearer)


@blueprint.delete("/sessions/current")
@blueprint.response(204)
def end() -> None:
    """Sign out

    Ends the session whose token you send. To end an API key, revoke it in the settings.
    """
    session = guard.me().session
    if session is None:
        raise Forbidden(
            "You sent an API key, not a session’s token. Revoke the key in the settings."
        )
    sessions.end(session.id)


@blueprint.get("/me")
@blueprint.response(200, MeSchema)
def me() -> Any:
    """Who am I?

    The account that this token acts as, its organization, and what it can do there.
    """
    return guard.me()


def signed_in(token: str, bearer: Bearer) -> Json:
    """The response to signing in: the token, and who is signed in."""
    return {
        "access_token": token,
        "token_type": "bearer",
        "expires_at": bearer.session.expires_at if bearer.session else None,
        "user": bearer.user,
        "membership": bearer.membership,
    }
