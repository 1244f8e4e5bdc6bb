"""Requests after a restore: they give nobody anything (rule M6)."""

from __future__ import annotations

from sqlalchemy import select, text

from webapp.db import db, transaction
from webapp.domain import requests
from webapp.domain.events import OPERATOR
from webapp.models import Request, RequestState
from webapp.models.request import OPEN


@transaction()
def end_all() -> int:
    """End all open ones: they may have been decided, withdrawn or erased since the backup."""
    open_requests = db.session.scalars(select(Request).where(text(OPEN)).order_by(Request.id)).all()
    for request in open_requests:
        requests.end(request, RequestState.LAPSED, by=OPERATOR, how=requests.RESTORED)
    return len(open_requests)
