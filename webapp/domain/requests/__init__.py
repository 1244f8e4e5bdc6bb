"""Requests: a member proposes somebody, a stranger asks to join, a member asks to stay (R1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from webapp import clock
from webapp.domain import events, tenant, texts
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.links.approvals import DECLINED as DECLINED
from webapp.domain.links.approvals import TERM as TERM
from webapp.languages import gettext
from webapp.models import Invitation, Organization, Request, RequestState, User

REASON_MOST = 500
# How a request ended without being approved, as its event says it.
WITHDRAWN, LAPSED = "withdrawn", "lapsed after 14 days"
RESTORED = "ended by a restore"


def once(refusal: Callable[[], Refusal]) -> dict[str, Callable[[], Exception]]:
    """What the database refuses as a second open request of an address, in these words.

    SQLite names the columns, which are the same for every kind.
    """
    return dict.fromkeys(("one_open_ask", "one_open_proposal", "one_open_stay"), refusal)


def find(organization: Organization, request_id: int) -> Request:
    """The organization's request of that id; raises NotFound, also for another's."""
    return tenant.get(organization, Request, request_id, load=[Request.maker])


def locked(organization: Organization, request_id: int) -> Request:
    """The same, read afresh and locked until the transaction ends."""
    return tenant.get(organization, Request, request_id, lock="no key update")


def columns(
    organization: Organization, kind: str, address: Address | User, **more: Any
) -> dict[str, Any]:
    """The columns of a new request about an address."""
    now = clock.now()
    return {
        "organization_id": organization.id,
        "kind": kind,
        "state": RequestState.OPEN.value,
        "email": address.email if isinstance(address, User) else address.shown,
        "email_key": address.email_key if isinstance(address, User) else address.key,
        "created_at": now,
        "lapses_at": now + TERM,
        **more,
    }


def words(text: str | None) -> str | None:
    """Why, in plain text; raises Refusal when it is too long or cannot be shown."""
    return texts.several_lines(text, field="reason", label=gettext("The reason"), most=REASON_MOST)


def name_of(text: str | None) -> str | None:
    """The name of whom it is about; raises Refusal."""
    return texts.one_line(text, field="name", label=gettext("The name"), most=100)


def refuse_ended(request: Request) -> None:
    """Refuse to decide what is decided already, withdrawn, or lapsed."""
    status = request.status(clock.now())
    if status == RequestState.OPEN:
        return
    told = {
        RequestState.APPROVED.value: gettext("This request has already been approved."),
        RequestState.DECLINED.value: gettext("This request has already been declined."),
        RequestState.WITHDRAWN.value: gettext("This request was withdrawn."),
        RequestState.LAPSED.value: gettext("This request lapsed because nobody answered in time."),
    }
    raise Refusal(told.get(status, gettext("This request can no longer be changed.")))


def take_in(request: Request) -> None:
    """Put a locked request on record, once."""
    if request.recorded_at is None:
        request.recorded_at = clock.now()
        by: User | str = request.maker or "system"
        record(request, "RequestMade", by)


def end(
    request: Request,
    state: RequestState,
    *,
    by: Actor | str,
    how: str | None = None,
    invitation: Invitation | None = None,
    at: datetime | None = None,
) -> None:
    """End a locked request, in the current transaction; `how` where it is not approved."""
    take_in(request)
    request.state = state.value
    request.ended_at = at or clock.now()
    if isinstance(by, User) and state in (RequestState.APPROVED, RequestState.DECLINED):
        request.decided_by_id = by.id
    if state is RequestState.APPROVED:
        record(request, "RequestApproved", by, invitation=invitation)
    else:
        record(request, "RequestDeclined", by, how=how)


def record(
    request: Request,
    name: str,
    by: Actor | str,
    *,
    invitation: Invitation | None = None,
    **data: Any,
) -> None:
    """Add an event about the request to the present transaction."""
    events.record(
        request.organization_id,
        name,
        by=by,
        invitation=invitation,
        request=request.id,
        kind=request.kind,
        email=request.email,
        **data,
    )
