"""Noting when a session, a key or a member was last active, after the answer is sent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from flask import Response, current_app, g, request

from webapp.domain.accounts import api_keys, sessions
from webapp.domain.organizations import memberships
from webapp.models import Session

log = logging.getLogger("gatehouse.web")

READING = ("GET", "HEAD", "OPTIONS")
# What is taken away from the organization, though by GET.
EXPORTS = {"audit.export", "bulk_imports.export", "reports.export", "reviews.export"}


def find_due() -> None:
    """Find out what `note` will write, before a verb makes the rows stale."""
    g.notes = notes = []
    session, member, bearer = g.get("session"), g.get("membership"), g.get("bearer")
    if session is not None and sessions.is_due(session):
        notes.append(partial(sessions.used, session.id))
    if bearer is not None and bearer.key is not None and api_keys.is_due(bearer.key):
        notes.append(partial(api_keys.used, bearer.key.id))
    if _is_action() and member is not None and memberships.is_due(member):
        notes.append(partial(memberships.seen, member.id))


def _is_action() -> bool:
    """Whether it counts as activity of the member: reading pages does not, an export does."""
    is_export = request.method == "GET" and request.endpoint in EXPORTS
    return is_export or request.method not in READING


def signed_in(session: Session) -> None:
    """Count signing in as activity in the organization that the new session begins in."""
    if session.organization_id is not None:
        notes = g.setdefault("notes", [])
        notes.append(partial(memberships.signed_in, session.user_id, session.organization_id))


def later(write: Callable[[], None]) -> None:
    """Do this after the answer is sent; it fails no request either."""
    g.setdefault("notes", []).append(write)


def note(response: Response) -> Response:
    """After the answer is sent, update `last_used_at`, and `last_seen_at` for changes and sign-ins.

    Each at most every five minutes; a failed write fails no request.
    """
    notes: list[Callable[[], None]] = g.get("notes", [])
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def write() -> None:
        try:
            with app.app_context():
                for note in notes:
                    note()
        except Exception as error:
            log.warning("last activity was not written: %s", type(error).__name__)

    if notes:
        response.call_on_close(write)
    return response
