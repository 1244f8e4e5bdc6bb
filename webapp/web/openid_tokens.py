"""OpenID Connect: what programs ask for themselves, without a browser."""

from __future__ import annotations

from urllib.parse import unquote_plus

from flask import Blueprint, Response, jsonify, request

from webapp.domain.openid import credentials, tokens
from webapp.domain.openid.credentials import Owner
from webapp.domain.openid.faults import Fault
from webapp.web import limits

blueprint = Blueprint("openid_tokens", __name__, url_prefix="/oauth")

FORM = "application/x-www-form-urlencoded"


@blueprint.post("/token")
@limits.programs
def token() -> Response:
    """Tokens for a code or a refresh token (RFC 6749 4.1.3 and 6)."""
    form = _sent()
    client = _client(form)
    match form.get("grant_type"):
        case "authorization_code":
            typed = [form.get(name, "") for name in ("code", "redirect_uri", "code_verifier")]
            if "" in typed:
                words = "code, redirect_uri and code_verifier are required"
                raise Fault("invalid_request", words)
            return jsonify(tokens.redeem(client, *typed).body())
        case "refresh_token":
            if "refresh_token" not in form:
                raise Fault("invalid_request", "refresh_token is missing")
            fresh = tokens.refresh(client, form["refresh_token"], form.get("scope", ""))
            return jsonify(fresh.body())
        case None:
            raise Fault("invalid_request", "grant_type is missing")
    raise Fault("unsupported_grant_type", "use authorization_code or refresh_token")


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


@blueprint.errorhandler(Fault)
def _fault(fault: Fault) -> Response:
    response = jsonify(error=fault.error, error_description=fault.description)
    response.status_code = fault.status
    if fault.status == 401:
        kind = "Bearer" if fault.error == "invalid_token" else "Basic"
        response.headers["WWW-Authenticate"] = (
            f'{kind} realm="Gatehouse", error="{fault.error}", '
            f'error_description="{fault.description}"'
        )
    return response


def _sent() -> dict[str, str]:
    """The form, each value once and bounded; empty ones count as left out."""
    if request.mimetype != FORM:
        raise Fault("invalid_request", f"send {FORM}")
    for values in request.form.to_dict(flat=False).values():
        if len(values) > 1:
            raise Fault("invalid_request", "a parameter was sent twice")
        if len(values[0]) > 1000:
            raise Fault("invalid_request", "a parameter is too long")
    return {name: value for name, value in request.form.items() if value}


def _client(form: dict[str, str]) -> Owner:
    """The program that asks: by HTTP Basic, or by values in the form, never both."""
    if "Authorization" not in request.headers:
        return credentials.authenticated(form.get("client_id", ""), form.get("client_secret"))
    sent = request.authorization
    if sent is None or sent.type != "basic" or sent.username is None:
        raise credentials.unknown()
    if "client_secret" in form:
        raise Fault("invalid_request", "send the secret once: in the header or in the form")
    client_id = unquote_plus(sent.username)
    if form.get("client_id", client_id) != client_id:
        raise Fault("invalid_request", "header and form name different clients")
    return credentials.authenticated(client_id, unquote_plus(sent.password or "") or None)
