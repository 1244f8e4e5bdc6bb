"""Errors that programs are answered, in the words of RFC 6749 and RFC 6750; never a page."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, jsonify, request

from webapp.domain.openid.faults import Fault

PATHS = ("/oauth/token", "/oauth/userinfo")


def is_asked() -> bool:
    """Whether a program asks for itself, not for the person who is in front of a browser."""
    return request.path in PATHS


def answer(fault: Fault) -> Response:
    """What the program did wrong."""
    response = jsonify(error=fault.error, error_description=fault.description)
    response.status_code = fault.status
    if fault.status == 401:
        kind = "Bearer" if fault.error == "invalid_token" else "Basic"
        response.headers["WWW-Authenticate"] = (
            f'{kind} realm="Gatehouse", error="{fault.error}", '
            f'error_description="{fault.description}"'
        )
    return response


def of_status(status: int) -> Response:
    """What kept its request from being read or answered."""
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        error = "temporarily_unavailable"
    else:
        error = "server_error" if status >= 500 else "invalid_request"
    return answer(Fault(error, HTTPStatus(status).phrase, status))
