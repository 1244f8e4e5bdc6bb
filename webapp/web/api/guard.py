"""What happens around every call of the API: access, aliases, and repeated requests."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, g, make_response, request

from webapp import trace
from webapp.domain.accounts import bearers, idempotency
from webapp.domain.accounts.bearers import Bearer, NotSignedIn
from webapp.models import Organization, User
from webapp.web import last_activity, limits, origin
from webapp.web.access import ACCESS, ANYONE, CALLS, USER
from webapp.web.api import aliases, bodies, etags

PREFIXES = ("/api/", "/users/")  # the addresses of programs
KEPT_HEADERS = ("Content-Type", "ETag", "Location", "Link")


def check(app: Flask) -> None:
    """Refuse to start unless the access table says for each route how its caller is known.

    Below the prefixes of the API there are only calls, from blueprints that read strictly, and
    pages that are the same for everybody; calls have no other addresses.
    """
    for rule in app.url_map.iter_rules():
        name, is_call = rule.endpoint, rule.endpoint in CALLS
        is_below = _is_below(rule.rule)
        if is_call and not is_below:
            raise RuntimeError(f"{rule.rule} leads to a call of the API, {name}, from a page")
        if is_below and not is_call and ACCESS[name] != ANYONE:
            raise RuntimeError(f"{rule.rule} is below the API; {name} has no row among its calls")
        part = app.blueprints.get(name.rpartition(".")[0])
        if is_call != isinstance(part, bodies.Blueprint):
            raise RuntimeError(f"{name} is made as a call, or is a row among the calls, not both")


def is_call() -> bool:
    """Whether the request is for the API; its errors are problem documents."""
    return is_endpoint() or _is_below(request.path)


def is_endpoint() -> bool:
    """Whether a view of the API answers; it reads no cookie."""
    return request.endpoint in CALLS


def _is_below(path: str) -> bool:
    return f"{path}/".startswith(PREFIXES)


def admit() -> Response | None:
    """Check the call against the access table; answer a repeated one as before."""
    g.session = g.user = g.membership = g.organization = g.bearer = g.claim = None
    who = ACCESS[str(request.endpoint)]
    if who != ANYONE:
        _admit_bearer(who)
    sent = b"\n".join([request.method.encode(), request.full_path.encode(), request.get_data()])
    bodies.read()
    bodies.refuse_unknown(
        current_app.view_functions[str(request.endpoint)], is_strict=aliases.read_request()
    )
    key = request.headers.get("Idempotency-Key")
    return None if request.method != "POST" or key is None else _claim(key, sent)


def _admit_bearer(who: str) -> None:
    g.bearer = bearers.identify(_token())
    g.session, g.user = g.bearer.session, g.bearer.user
    kind, row = ("session", g.session) if g.session else ("key", g.bearer.key)
    trace.let_in(kind, row.id, g.user.id)
    if who != USER:
        member = bearers.admit(g.bearer, who)
        g.organization = member.organization
        # A program's calls are not activity of the person who made its key.
        g.membership = member if g.session else None
    last_activity.find_due()


def _claim(key: str, sent: bytes) -> Response | None:
    """The answer that this request got before under the key, or None if it is the first."""
    begin = idempotency.begin if g.bearer else _begin_as_anyone
    outcome = begin(_owner(), key, sent)
    if not isinstance(outcome, idempotency.RequestClaim):
        return _repeat(outcome)
    g.claim = outcome
    return None


def finish(response: Response) -> Response:
    """Word the answer for its alias, keep it for a repetition, and say how many calls are left."""
    if is_endpoint() and not g.get("repeated"):
        aliases.shape(response)
        _settle(response)
        etags.answer_unchanged(response)
    if response.status_code == 204:
        response.headers.pop("Content-Type", None)
    for name, value in limits.headers():
        response.headers[name] = value
    return response


def me() -> Bearer:
    """The caller."""
    bearer: Bearer = g.bearer
    return bearer


def user() -> User:
    """The user that the caller acts as."""
    return me().user


def organization() -> Organization:
    """The organization that the caller acts in."""
    row: Organization = g.organization
    return row


def _token() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise NotSignedIn("Send Authorization: Bearer with an API key or a session’s token.")
    return token.strip()


@limits.other_requests
def _begin_as_anyone(owner: str, key: str, sent: bytes) -> Any:
    try:
        return idempotency.begin(owner, key, sent)
    except idempotency.OtherRequest:
        g.was_other_request = True
        raise


def _owner() -> str:
    bearer: Bearer | None = g.bearer
    if bearer is None:
        return f"public {origin.network()}"
    if bearer.key is not None:
        return f"key {bearer.key.id}"
    return f"session {bearer.session.id if bearer.session else 0}"


def _settle(response: Response) -> None:
    claim = g.get("claim")
    if claim is None:
        return
    g.claim = None
    if 200 <= response.status_code < 300:
        headers = {
            name: response.headers[name] for name in KEPT_HEADERS if name in response.headers
        }
        body = response.get_data(as_text=True)
        idempotency.settle(claim, [response.status_code, headers, body])
    else:
        idempotency.let_go(claim)


def _repeat(answer: Any) -> Response:
    g.repeated = True
    status, headers, body = answer
    response = make_response(body, status)
    response.headers.update(headers)
    response.headers["Idempotency-Replayed"] = "true"
    return response
