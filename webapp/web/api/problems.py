"""Problem documents (RFC 9457): the form of every error of the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from flask import Response, jsonify, request
from flask_limiter.errors import RateLimitExceeded
from werkzeug.exceptions import HTTPException

from webapp import clock, config, trace
from webapp.domain import errors
from webapp.domain.accounts import bearers, idempotency
from webapp.domain.errors import Refusal, Refusals, UsedUp
from webapp.domain.events import callers, versions
from webapp.domain.invitations import link_status
from webapp.domain.organizations import ended_access
from webapp.web import limits
from webapp.web.api.problem_kinds import KINDS

CONTENT_TYPE = "application/problem+json"


# Refusals of the domain, subclasses before their base classes.
OF_REFUSAL: dict[type[Refusal], str] = {
    bearers.SecondFactorNeeded: "second-factor-needed",
    bearers.NotSignedIn: "unauthorized",
    callers.SignedOut: "unauthorized",
    bearers.MissingScope: "missing-scope",
    bearers.Suspended: "suspended",
    ended_access.AccessEnded: "access-ended",
    errors.Forbidden: "forbidden",
    errors.NotFound: "not-found",
    link_status.Gone: "link-ended",
    idempotency.BadKey: "idempotency-key-unreadable",
    idempotency.UnderWay: "under-way",
    idempotency.OtherRequest: "other-request",
    errors.UsedUp: "used-up",
    versions.ChangedMeanwhile: "changed-meanwhile",
    Refusal: "refused",
}
OF_STATUS = {
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "not-json",
    429: "too-many-requests",
}


class Invalid(Exception):
    """The request does not follow the document; `messages` are from webargs, by location."""

    def __init__(self, messages: Mapping[str, Any]) -> None:
        super().__init__("invalid")
        self.messages = messages


class Unreadable(Exception):
    """The body is not JSON; `detail` says what is wrong with it."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Contradiction(Exception):
    """A name was sent with different values in the address, its query and the body."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


FOR_PAGES = "member"  # a fact that pages make a link of


def address(kind: str) -> str:
    """The problem's type: the address of its section in the documentation."""
    return f"{config.current().public_url}/api/v1/docs#problem-{kind}"


def document(kind: str, detail: str, **more: Any) -> dict[str, Any]:
    """A problem as JSON."""
    status, title, _ = KINDS[kind]
    return {"type": address(kind), "title": title, "status": status, "detail": detail, **more}


def answer(kind: str, detail: str | None = None, **more: Any) -> Response:
    """The response for a problem."""
    body = document(kind, detail or KINDS[kind].advice, **more)
    response = jsonify({**body, "instance": f"urn:gatehouse:request:{trace.current().request_id}"})
    response.status_code = KINDS[kind].status
    response.mimetype = CONTENT_TYPE
    if response.status_code == 401:
        # RFC 6750 3: say that a token was the reason only if one was sent.
        sent = ', error="invalid_token"' if "Authorization" in request.headers else ""
        response.headers["WWW-Authenticate"] = f'Bearer realm="Gatehouse"{sent}'
    if response.status_code == 409:
        response.headers["Retry-After"] = "1"
    if "retry_after" in more:
        response.headers["Retry-After"] = str(more["retry_after"])
    return response


def of_other_site() -> Response:
    """The response to what a page of another site sent."""
    return answer("forbidden", "This came from another site's page.")


def of_refusal(refusal: Refusal) -> Response:
    """The response to what a rule of the domain refused."""
    return answer(kind_of(refusal), refusal.message, **facts_of(refusal))


def kind_of(refusal: Refusal) -> str:
    """The name of the refusal's kind."""
    return next(kind for cls, kind in OF_REFUSAL.items() if isinstance(refusal, cls))


def facts_of(refusal: Refusal) -> dict[str, Any]:
    """What a refusal says beside its words: the fields, the open invitation, how long to wait."""
    parts = refusal.refusals if isinstance(refusal, Refusals) else [refusal]
    places = [
        {"pointer": f"#/{part.field}", "detail": part.message} for part in parts if part.field
    ]
    facts = {n: fact for n, fact in refusal.facts.items() if fact is not None and n != FOR_PAGES}
    if isinstance(refusal, UsedUp):
        facts["retry_after"] = max(1, ceil((refusal.until - clock.now()).total_seconds()))
    return {**({"errors": places} if places else {}), **facts}


def of_invalid(invalid: Invalid) -> Response:
    """The response to a request that does not follow the document."""
    places = [
        {where: place, "detail": words}
        for location, messages in invalid.messages.items()
        for where, place, words in _places(location, messages)
    ]
    detail = " ".join(
        f"{place.get('parameter', place.get('pointer'))}: {place['detail']}" for place in places
    )
    return answer("invalid", detail[:1000], errors=places[:100])


def of_unreadable(unreadable: Unreadable) -> Response:
    """The response to a body that is not JSON."""
    return answer("unreadable", unreadable.detail)


def of_contradiction(contradiction: Contradiction) -> Response:
    """The response to two different values for one name."""
    name = contradiction.name[:100]
    return answer(
        "contradiction", f"{name} was sent with two different values. Send only one of them."
    )


def of_http(error: HTTPException) -> Response:
    """The response to an error of Flask or werkzeug."""
    status = error.code or 500
    kind = OF_STATUS.get(status, "unreadable" if status < 500 else "broken")
    response = answer(kind)
    if isinstance(error, RateLimitExceeded):
        response.headers["Retry-After"] = str(limits.seconds_left())
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def of_outage(detail: str, seconds: int) -> Response:
    """The response when the database cannot do what was asked, for now."""
    response = answer("unavailable", detail)
    response.headers["Retry-After"] = str(seconds)
    return response


def of_broken() -> Response:
    """The response when our own code failed."""
    return answer("broken")


def _places(location: str, messages: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            # RFC 6901 3; names come from the request and may be anything.
            step = str(name)[:100].replace("~", "~0").replace("/", "~1")
            yield from _places(location, inner, f"{path}/{step}" if step != "_schema" else path)
        return
    words = " ".join(map(str, messages)) if isinstance(messages, list) else str(messages)
    if location == "query":
        yield "parameter", path.removeprefix("/"), words
    else:
        yield "pointer", f"#{path}", words
