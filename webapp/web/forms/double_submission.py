"""A form that is sent twice is done once, and both clicks get the first one's answer.

On a slow line people press again, and would be told that their first click was a mistake. So
each form carries a mark of the page that it was on; whoever sends the same form from the same page
and browser again waits for the first answer, and gets that.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from flask import Response, g, request, session
from flask.json.tag import TaggedJSONSerializer
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.accounts import idempotency
from webapp.domain.accounts.idempotency import FORMS, RequestClaim, UnderWay
from webapp.domain.errors import Refusal

log = logging.getLogger("gatehouse.web")

FIELD = "once"
BEFORE = "before"  # in the form cookie: the CSRF secret until somebody signed in or out
SECONDS = 10.0  # a second click waits so long for the first one's answer
STEP = 0.05
# Forms that sign somebody in. The secret behind their CSRF token ends with that, so the token alone
# tells one form from another; and their pages stay alike for everybody, to the letter (rule 16).
DOORS = {
    "sign_in.submit",
    "sign_in.submit_code",
    "registration.accept",
    "registration.join",
    "confirming.confirm",
    "passwords.reset",
}


class StillUnderWay(Refusal):
    """The first click's answer has not come yet."""

    status = 409


class Sending(NamedTuple):
    """A form as it was sent: by which browser, and all that it says."""

    owner: str
    key: str
    sent: bytes


def emptied(empty: Callable[[], None]) -> None:
    """Empty the form cookie, but for what identifies a second click on the same form."""
    secret = session.get("csrf_token")
    empty()
    if secret is not None:
        session[BEFORE] = secret


def mark() -> str:
    """What the page's forms carry, so that sending one again is known from sending another."""
    if "once" not in g:
        g.once = secrets.token_urlsafe(12)
    found: str = g.once
    return found


def given() -> Response | None:
    """The answer that this very form was given before, from this browser.

    Asked before it is known who sends it: leaving, and deleting an account, end what lets them in.
    """
    if request.method != "POST" or request.mimetype == "multipart/form-data":
        return None  # files are read once it is known who sends them
    for owner in (session.get(BEFORE), session.get("csrf_token")):
        sending = _sending(owner)
        if sending is not None:
            answer = _wait(partial(idempotency.earlier_answer, sending.owner, sending.key, FORMS))
            if answer is not None:
                return _again(answer)
    return None


def claim(admit: Callable[[], AnyResponse | None]) -> AnyResponse | None:
    """Take the form on, if nobody has; else its first answer. `admit` is asked once more then.

    It may have taken a while, and what was read before is stale.
    """
    sending = _sending(session.get("csrf_token"))
    if sending is None:
        return None
    outcome = _wait(partial(idempotency.begin, *sending, FORMS))
    if not isinstance(outcome, RequestClaim):
        return _again(outcome)
    g.claimed = outcome
    refused = admit()
    g.is_admitted = refused is None
    return refused


def was_refused() -> None:
    """Keep no answer: nothing was done, whatever the answer looks like."""
    g.is_admitted = False


def finish(response: Response) -> Response:
    """Keep the answer of what was done; let go of what was refused."""
    claimed: RequestClaim | None = g.pop("claimed", None)
    if claimed is None:
        return response
    try:
        if response.status_code == 303 and g.get("is_admitted"):
            idempotency.settle(claimed, _kept(response))
        else:
            idempotency.let_go(claimed)
    except Exception as error:  # what was done is done, and its answer must go out
        log.warning("an answer was not kept: %s", type(error).__name__)
    return response


def _sending(owner: str | None) -> Sending | None:
    name = "csrf_token" if request.endpoint in DOORS else FIELD
    if request.method != "POST" or owner is None:
        return None
    try:
        form, files = request.form, request.files
    except RequestEntityTooLarge:
        return None  # the form says so
    if not form.get(name):
        return None
    fields = [*form.items(multi=True)]
    uploads = [
        (field, file.filename, _digest_of(file.stream)) for field, file in files.items(multi=True)
    ]
    sent = json.dumps([request.full_path, fields, uploads]).encode()
    # Another address, or anything else typed, is another form: Back, a change, and Send.
    return Sending(f"form {owner}", hashlib.sha256(sent).hexdigest(), sent)


def _digest_of(stream: Any) -> str:
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    return digest


def _wait(ask: Callable[[], Any]) -> Any:
    """What is told once the first click is answered; a while later that it is not yet."""
    until = time.monotonic() + SECONDS
    while True:
        try:
            return ask()
        except UnderWay:
            if time.monotonic() >= until:
                raise StillUnderWay(
                    "This was sent before and is still being worked on. Wait a minute, then open "
                    "the page again to see what came of it."
                ) from None
        pause()


def pause() -> None:
    """A moment between two questions whether the first click is answered."""
    time.sleep(STEP)


def _kept(response: Response) -> list[Any]:
    cookies = response.headers.getlist("Set-Cookie")
    return [response.location, cookies, TaggedJSONSerializer().dumps(dict(session))]


def _again(answer: list[Any]) -> Response:
    location, cookies, kept = answer
    session.clear()
    session.update(TaggedJSONSerializer().loads(kept))  # with its messages
    response = Response(status=303)
    response.location = location
    for cookie in cookies:
        response.headers.add("Set-Cookie", cookie)
    return response
