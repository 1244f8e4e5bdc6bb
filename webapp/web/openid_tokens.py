"""OpenID Connect: what programs ask for themselves, without a browser."""

from __future__ import annotations

from urllib.parse import unquote_plus

from flask import Blueprint, Response, jsonify, request

from webapp.domain.openid import credentials, requests, tokens
from webapp.domain.openid.credentials import Credentials
from webapp.domain.openid.faults import Fault
from webapp.web import limits, openid_faults, openid_readers

blueprint = Blueprint("openid_tokens", __name__, url_prefix="/oauth")
blueprint.after_request(openid_readers.let_own_pages)
blueprint.register_error_handler(Fault, openid_faults.answer)

FORM = "application/x-www-form-urlencoded"
CODE = ("code", "redirect_uri", "code_verifier")  # what a code is sent with


@blueprint.post("/token")
@limits.programs
def token() -> Response:
    """Tokens for a code or a refresh token (RFC 6749 4.1.3 and 6)."""
    form = _sent()
    program = _program(form)
    match form:
        case {"grant_type": "authorization_code", **rest} if rest.keys() >= {*CODE}:
            typed = (rest[name] for name in CODE)
            return jsonify(tokens.redeem(program, *typed))
        case {"grant_type": "refresh_token", "refresh_token": earlier}:
            return jsonify(tokens.refresh(program, earlier, form.get("scope", "")))
    program.check()
    raise _incomplete(form)


@blueprint.get("/userinfo")
@blueprint.post("/userinfo")
@limits.programs
def userinfo() -> Response:
    """What the scope lets the program know about the person, as it is now (RFC 6750)."""
    sent = request.authorization
    if sent is None or sent.type != "bearer" or not sent.token:
        response = Response(status=401, headers={"WWW-Authenticate": 'Bearer realm="Gatehouse"'})
        response.mimetype = "text/plain"
        return response
    told = tokens.told(sent.token)
    if told is None:
        raise Fault("invalid_token", "the token is unknown, or the access has ended", 401)
    return jsonify(told)


def _sent() -> dict[str, str]:
    """The form, each value once and bounded; empty ones count as left out."""
    if request.mimetype != FORM:
        raise Fault("invalid_request", f"send {FORM}")
    return requests.once(request.form.to_dict(flat=False))


def _program(form: dict[str, str]) -> Credentials:
    """The program that asks: by HTTP Basic, or by values in the form, never both."""
    if "Authorization" not in request.headers:
        return Credentials.of(form.get("client_id", ""), form.get("client_secret"))
    sent = request.authorization
    if sent is None or sent.type != "basic" or sent.username is None:
        raise credentials.unknown()
    if "client_secret" in form:
        raise Fault("invalid_request", "send the secret once: in the header or in the form")
    client_id = unquote_plus(sent.username)
    if form.get("client_id", client_id) != client_id:
        raise Fault("invalid_request", "header and form name different clients")
    return Credentials.of(client_id, unquote_plus(sent.password or "") or None)


def _incomplete(form: dict[str, str]) -> Fault:
    match form.get("grant_type"):
        case "authorization_code":
            return Fault("invalid_request", f"{', '.join(CODE)} are required")
        case "refresh_token":
            return Fault("invalid_request", "refresh_token is missing")
        case None:
            return Fault("invalid_request", "grant_type is missing")
    return Fault("unsupported_grant_type", "use authorization_code or refresh_token")
