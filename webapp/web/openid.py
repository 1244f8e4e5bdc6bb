"""OpenID Connect: what programs read about us, and where they send people to sign in."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock, signing
from webapp.domain.applications import entry, record
from webapp.domain.applications.entry import Barrier
from webapp.domain.openid import hints, keys, requests, subjects, visits
from webapp.domain.openid.configuration import document
from webapp.domain.openid.faults import Fault, Untrusted
from webapp.domain.openid.requests import SignInRequest
from webapp.languages import gettext as _
from webapp.models import Session
from webapp.web import (
    admission,
    failures,
    gate_pages,
    limits,
    onward,
    openid_parameters,
    openid_readers,
    pages,
    scope,
)

blueprint = Blueprint("openid", __name__)

# A moment in milliseconds, marked for this very request: only a session that began later will do.
SINCE = "signed_in_since"


@blueprint.get("/.well-known/openid-configuration")
@limits.openings
def configuration() -> Response:
    """What there is, and where."""
    return openid_readers.let_everybody(jsonify(document()))


@blueprint.get("/oauth/jwks")
@limits.openings
def jwks() -> Response:
    """Our public keys, with the one that will sign next."""
    return openid_readers.let_everybody(jsonify(keys=keys.published()))


@blueprint.post("/oauth/authorize")
@limits.openings
def authorize_by_post() -> AnyResponse:
    """The same as an address: a post from another site comes without cookies, this does not."""
    query = urlencode(hints.for_address(request.form.items(multi=True)))
    if len(query) > requests.ADDRESS:
        return _untrusted()
    return pages.go(f"{url_for('.authorize')}?{query}")


@blueprint.get("/oauth/authorize")
@limits.openings
def authorize() -> AnyResponse:
    """Send the visitor back with a code, after signing them in if need be."""
    values = openid_parameters.asked()
    try:
        path = requests.return_path(values)
    except Untrusted:
        return _untrusted()
    try:
        return _answer(requests.read(path, values, len(_as_asked())))
    except Fault as fault:
        facts = {"error": fault.error, "error_description": fault.description}
        return onward.to(path.answer(**facts), path.client.application.name)


def _answer(asked: SignInRequest) -> AnyResponse:
    session = scope.current_session()
    if session is None or not _will_do(asked, session):
        return _to_sign_in(asked, again=session is not None)
    barrier = entry.what_bars(asked.client.application, session.user)
    admission.let_in()
    if barrier is not None:
        record.refused(asked.client.application, session.user, record.How.OPENID, barrier)
        return _refused(asked, barrier)
    address = asked.answer(code=visits.begin(asked, session))
    return onward.to(address, asked.client.application.name)


def _will_do(asked: SignInRequest, session: Session) -> bool:
    """Whether the program takes this session: recent enough, and the person it expects."""
    began = session.created_at.timestamp()
    age = clock.now().timestamp() - began
    since, _dot, mark = request.args.get(SINCE, "").partition(".")
    is_ours = signing.is_marked(SINCE, f"{since} {_as_asked()}", mark)
    is_new = is_ours and began * 1000 > int(since)
    wants_new = asked.prompt & {"login", "select_account"}
    if (wants_new and not is_new) or (asked.max_age is not None and age > asked.max_age):
        # Signing in takes longer than a max_age of 0: what was done for this request will do.
        return is_new
    organization_id = asked.client.organization_id
    return asked.sub is None or asked.sub == subjects.sub(organization_id, session.user_id)


def _to_sign_in(asked: SignInRequest, *, again: bool) -> AnyResponse:
    if asked.is_silent:
        raise _nobody()
    asked_for, now = _as_asked(), int(clock.now().timestamp() * 1000)
    back = f"{asked_for}&{SINCE}={now}.{signing.mark(SINCE, f'{now} {asked_for}')}"
    hint, form = asked.hint or None, "1" if again else None
    return pages.go(url_for("sign_in.show", next=back, login_hint=hint, again=form))


def _as_asked() -> str:
    """The address of this request as the program sent it."""
    values = [(name, value) for name, value in request.args.items(multi=True) if name != SINCE]
    return f"{url_for('.authorize')}?{urlencode(values)}"


def _refused(asked: SignInRequest, barrier: Barrier) -> AnyResponse:
    if not asked.is_silent:
        return gate_pages.refused(asked.client.application, barrier)
    # What other organization somebody is in is nobody's business.
    raise _nobody() if barrier is Barrier.NO_MEMBER else visits.denied()


def _nobody() -> Fault:
    return Fault("login_required", "nobody is signed in, or not recently enough")


def _untrusted() -> Response:
    advice = _(
        "Gatehouse does not know the program that sent you here, or the address it wants you sent "
        "back to. Nothing was sent to it. Tell the people who run the program."
    )
    return failures.page(400, _("We do not know this program"), advice)
