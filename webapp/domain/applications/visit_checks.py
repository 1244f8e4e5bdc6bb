"""What a visit is worth now: read afresh at every request to the application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam

from webapp import clock, committed_rows, signing
from webapp.db import rows
from webapp.domain.accounts.session_lifetimes import is_live
from webapp.domain.applications import entry
from webapp.domain.applications.entry import Barrier
from webapp.models import Application, Organization, Session, User, Visit

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


@dataclass(frozen=True, slots=True)
class Checked:
    """A live visit: whose, where, and what keeps them out by now."""

    visit_id: int
    session_id: int
    user_id: int
    organization_id: int
    application: str  # with its organization: acme/wiki
    title: str
    host: str
    home_url: str
    email: str
    name: str
    groups: tuple[str, ...]
    barrier: Barrier | None
    is_due: bool  # whether the session's last use was noted long enough ago


def check(token: str) -> Checked | None:
    """The visit of a cookie, with what bars it now; None when it or its session has ended.

    One read by an index, whatever the number of visits, and nothing else: no write, no Redis.
    """
    row = committed_rows.one(_BY_DIGEST, {"digest": signing.digest(token)})
    if row is None or not is_live(row) or row.entered_at is None or row.ends_at <= clock.now():
        return None
    return Checked(
        row.id,
        row.session_id,
        row.user_id,
        row.application_organization_id,
        f"{row.organization_slug}/{row.slug}",
        row.name,
        row.host,
        row.home_url,
        row.email,
        row.full_name,
        entry.group_slugs(row),
        entry.barrier(row),
        row.last_used_at < clock.now() - USED_EVERY,
    )


def found(text: str) -> Row[Any] | None:
    """The visit or code whose text this is, as the present transaction finds it; a live session's.

    With the facts of `entry`.
    """
    row = rows(_BY_DIGEST, {"digest": signing.digest(text)}).one_or_none()
    return row if row is not None and is_live(row) else None
