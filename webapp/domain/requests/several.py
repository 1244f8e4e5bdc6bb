"""Several requests approved or declined at once; one that is refused does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import select

from webapp import clock
from webapp.db import db
from webapp.domain.errors import Refusal
from webapp.domain.invitations.bulk_actions import BulkResult, each
from webapp.domain.requests import decisions
from webapp.domain.requests.table import LOADED, Reader
from webapp.languages import gettext
from webapp.models import Organization, Request, RequestKind, User

MOST = 200
APPROVE, DECLINE = "approve", "decline"


def find(reader: Reader, ids: Sequence[int]) -> list[Request]:
    """Those of these that the reader may decide now, oldest first."""
    query = (
        select(Request)
        .options(*LOADED)
        .where(
            Request.organization_id == reader.organization.id,
            Request.id.in_(ids[:MOST]),
            Request.is_open(clock.now()),
            reader.decidable(),
        )
    )
    return list(db.session.scalars(query.order_by(Request.email_key, Request.id)))


def do(reader: Reader, verb: str, ids: Sequence[int], *, role: str | None = None) -> BulkResult:
    """Approve or decline each, one transaction each; Refusal when there is none.

    Without a role each gets the one that was requested. People who asked to stay keep theirs.
    """
    if verb not in (APPROVE, DECLINE):
        raise Refusal(gettext("Choose whether to approve or decline the selected requests."))
    chosen = find(reader, ids)
    if not chosen:
        raise Refusal(gettext("Select at least one request that you can decide."))
    kinds = {request.id: request for request in chosen}
    rows = [(request.id, request.email) for request in chosen]
    acts: dict[str, Callable[[int], object]] = {
        APPROVE: lambda request_id: _approve(reader, kinds[request_id], role),
        DECLINE: partial(_decline, reader.organization, by=reader.user),
    }
    return each(rows, acts[verb])


def _approve(reader: Reader, request: Request, role: str | None) -> object:
    decide = partial(decisions.approve, reader.organization, request.id, by=reader.user)
    if request.kind == RequestKind.STAY or request.membership_id is not None:
        return decide()
    return decide(role=role, **decisions.terms_of(request))


def _decline(organization: Organization, request_id: int, *, by: User) -> object:
    return decisions.decline(organization, request_id, by=by)
