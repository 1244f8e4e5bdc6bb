"""What a visit is worth now: read afresh at every request to the application."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam

from webapp import clock, signing
from webapp.db import rows
from webapp.domain.accounts.session_lifetimes import is_live
from webapp.domain.applications import entry
from webapp.models import Application, Organization, Session, User, Visit
from webapp.prepared_statements import PreparedRead

LiveVisit = Row[Any]  # a visit with the facts of `entry`
USED_EVERY = timedelta(hours=1)
# All that a check needs, in one read by the digest.
_BY_DIGEST = (
    entry.facts(
        Visit.id,
        Visit.session_id,
        Session.user_id,
        Visit.ends_at,
        Visit.entered_at,
        Session.revoked_at,
        Session.expires_at,
        Session.last_used_at,
        User.email,
        User.full_name,
        Application.slug,
        Application.name,
        Application.host,
        Application.home_url,
        Organization.slug.label("organization_slug"),
        entry.GROUP_SLUGS,
    )
    .join(Visit, Visit.application_id == Application.id)
    .join(Session, Session.id == Visit.session_id)
    .where(User.id == Session.user_id, Visit.digest == bindparam("digest"))
)


_COMMITTED = PreparedRead(_BY_DIGEST)


def check(token: str) -> LiveVisit | None:
    """The visit of a cookie; None when it or its session has ended.

    One read by an index, whatever the number of visits, and nothing else: no write, no Redis.
    """
    row = _COMMITTED.one(digest=signing.digest(token))
    if row is None or row.entered_at is None or row.ends_at <= clock.now() or not is_live(row):
        return None
    visit: LiveVisit = row
    return visit


def found(text: str) -> Row[Any] | None:
    """The visit or code whose text this is, as the present transaction finds it; a live session's.

    With the facts of `entry`.
    """
    row = rows(_BY_DIGEST, {"digest": signing.digest(text)}).one_or_none()
    return row if row is not None and is_live(row) else None


def is_due(visit: LiveVisit) -> bool:
    """Whether the last use of its session was noted long enough ago."""
    return bool(visit.last_used_at < clock.now() - USED_EVERY)
