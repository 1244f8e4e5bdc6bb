"""Flask's own session is the form cookie, and is there on our own host only."""

from __future__ import annotations

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer

from webapp.web import forwarded


class FormSessions(SecureCookieSessionInterface):
    """The form cookie, but for what proxies ask: on their hosts it is neither read nor set."""

    _signing: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """What signs the cookie; made once, as the keys of a process stay the same."""
        if self._signing is None:
            self._signing = super().get_signing_serializer(app)
        return self._signing

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The form cookie's content; None where there is none."""
        return None if forwarded.is_path(request.path) else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the form cookie; not for HEAD, which shows nobody what is shown once."""
        if request.method != "HEAD":
            super().save_session(app, session, response)
