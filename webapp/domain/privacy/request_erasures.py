"""Erasing whom requests were about, once their organization's retention period is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from webapp import sqlite_remains
from webapp.db import db
from webapp.domain.privacy import invitation_erasures
from webapp.models import Organization, Request

BATCH = 100


def of_ended(organization: Organization, until: datetime) -> int:
    """Delete requests that ended before that moment, with the organization held alone.

    Where nothing else here is about an address, the trail forgets it as well.
    """
    query = select(Request).where(
        Request.organization_id == organization.id, Request.ended_at <= until
    )
    held = query.order_by(Request.ended_at).limit(BATCH).with_for_update(skip_locked=True)
    ended = db.session.scalars(held).all()
    keys = {request.email_key for request in ended}
    for request in ended:
        db.session.delete(request)
    db.session.flush()
    for email_key in sorted(keys - invitation_erasures.still_used(organization, keys)):
        invitation_erasures.of_address(organization, email_key)
    if ended:
        sqlite_remains.note()
    return len(ended)
