"""Pages of other sites that read what programs are answered (CORS): never with cookies."""

from __future__ import annotations

from flask import Response, request

from webapp.domain.openid import origins

SECONDS = 3600  # that a browser remembers what it may send


def let_everybody(response: Response) -> Response:
    """For what is the same for everybody, and no secret."""
    response.access_control_allow_origin = "*"
    return response


def let_own_pages(response: Response) -> Response:
    """For the pages of the public program that asks, once it is known which one that is."""
    origin = request.headers.get("Origin")
    if origin is None:
        return response
    if request.method == "OPTIONS":  # says nothing of who will ask
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.access_control_max_age = SECONDS
        return let_everybody(response)
    response.vary.add("Origin")
    if origin in _own():
        response.access_control_allow_origin = origin
    return response


def _own() -> set[str]:
    sent = request.authorization
    if sent is not None and sent.type == "bearer":
        return origins.of_token(sent.token or "")
    return origins.of_client(request.form.get("client_id", ""))
