"""A form that is submitted twice is processed once, and both clicks get the first answer.

On a slow connection people press again, and would get an error although the first click worked.
So each form carries a mark of its page. The same form, sent again from the same page and browser,
waits for the first answer and gets it.
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
from webapp.languages import gettext

log = logging.getLogger("gatehouse.web")

FIELD = "once"
BEFORE = "before"  # in the form cookie: the CSRF secret from before signing in or out
SECONDS = 10.0  # how long a second click waits for the first one's answer
STEP = 0.05
# Forms that sign somebody in. That ends the secret behind their CSRF token, so the token alone
# identifies the form; and their pages must be identical for everybody (rule 16).
SIGN_IN_FORMS = {
    "sign_in.submit",
    "sign_in.submit_code",
    "registration.accept",
    "registration.join",
    "confirming.confirm",
    "passwords.reset",
}


class StillUnderWay(Refusal):
    """The first click is still being processed."""

    status = 409


class Sending(NamedTuple):
    """A form as it was sent: the browser, and everything in the form."""

    owner: str
    key: str
    sent: bytes


def empty_cookie(empty: Callable[[], None]) -> None:
    """Empty the form cookie, except for what identifies a second click on the same form."""
    secret = session.get("csrf_token")
    empty()
    if secret is not None:
        session[BEFORE] = secret


def mark() -> str:
    """The mark in this page's forms, by which the same form is recognized when it is sent again."""
    if "once" not in g:
        g.once = secrets.token_urlsafe(12)
    text: str = g.once
    return text


def earlier_answer() -> Response | None:
    """The answer that the same form from this browser got before, if any.

    Looked up before access is checked: leaving, or deleting an account, ends the sender's access.
    """
    if request.method != "POST" or request.mimetype == "multipart/form-data":
        return None  # files are read once the sender is known
    for owner in (session.get(BEFORE), session.get("csrf_token")):
        sending = _sending(owner)
        if sending is not None:
            answer = _wait(partial(idempotency.earlier_answer, sending.owner, sending.key, FORMS))
            if answer is not None:
                return _replay(answer)
    return None


def claim(admit: Callable[[], AnyResponse | None]) -> AnyResponse | None:
    """Claim the form, or return its first answer; then check access again with `admit`.

    Claiming may have waited, so what was read before is stale.
    """
    sending = _sending(session.get("csrf_token"))
    if sending is None:
        return None
    outcome = _wait(partial(idempotency.begin, *sending, FORMS))
    if not isinstance(outcome, RequestClaim):
        return _replay(outcome)
    g.claimed = outcome
    refused = admit()
    g.is_admitted = refused is None
    return refused


def was_refused() -> None:
    """Keep no answer, because nothing was done."""
    g.is_admitted = False


def finish(response: Response) -> Response:
    """Keep the answer of a successful form; release the claim of a refused one."""
    claim: RequestClaim | None = g.pop("claimed", None)
    if claim is None:
        return response
    try:
        if response.status_code == 303 and g.get("is_admitted"):
            idempotency.settle(claim, _to_keep(response))
        else:
            idempotency.let_go(claim)
    except Exception as error:  # the verb has been done, so the answer must be sent
        log.warning("an answer was not kept: %s", type(error).__name__)
    return response


def _sending(owner: str | None) -> Sending | None:
    mark_field = "csrf_token" if request.endpoint in SIGN_IN_FORMS else FIELD
    if request.method != "POST" or owner is None:
        return None
    try:
        form, files = request.form, request.files
    except RequestEntityTooLarge:
        return None  # the form itself reports that
    if not form.get(mark_field):
        return None
    fields = [*form.items(multi=True)]
    uploads = [
        (field, file.filename, _digest_of(file.stream)) for field, file in files.items(multi=True)
    ]
    sent = json.dumps([request.full_path, fields, uploads]).encode()
    # With another address or other values it is another form: after Back and a change, for example.
    return Sending(f"form {owner}", hashlib.sha256(sent).hexdigest(), sent)


def _digest_of(stream: Any) -> str:
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    return digest


def _wait(ask: Callable[[], Any]) -> Any:
    """Wait for the first click's answer; after a while, refuse."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return ask()
        except UnderWay:
            if time.monotonic() >= deadline:
                words = gettext(
                    "This was sent before and is still being worked on. Wait a minute, then open "
                    "the page again to see what came of it."
                )
                raise StillUnderWay(words) from None
        pause()


def pause() -> None:
    """Wait a moment before looking for the first click's answer again."""
    time.sleep(STEP)


def _to_keep(response: Response) -> list[Any]:
    cookies = response.headers.getlist("Set-Cookie")
    return [response.location, cookies, TaggedJSONSerializer().dumps(dict(session))]


def _replay(answer: list[Any]) -> Response:
    location, cookies, session_data = answer
    session.clear()
    session.update(TaggedJSONSerializer().loads(session_data))  # with its flashed messages
    response = Response(status=303)
    response.location = location
    for cookie in cookies:
        response.headers.add("Set-Cookie", cookie)
    return response
