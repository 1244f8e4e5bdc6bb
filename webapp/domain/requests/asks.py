"""A stranger asks to join, with the same answer for every address (rule R3).

Whoever asks only has their words written down, by the same statements whoever they are; a worker
looks afterwards at whose address it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, text

from webapp import clock, formats, queue
from webapp.db import db, transaction
from webapp.domain import addresses, organizations, quotas, requests
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import NotFound, Objections, Refusal, UsedUp
from webapp.domain.organizations import member_addresses
from webapp.domain.requests import domains
from webapp.languages import gettext
from webapp.models import Organization, Request, RequestKind
from webapp.models.request import ASKED, UNRECORDED
from webapp.upserts import upsert

PER_DAY = 200  # in one organization
BATCH = 50
SORT = "jobs.requests.run"
# Of one that has lapsed nothing is left, neither the words of whoever asked nor what a link gave.
_EMPTY: dict[str, object] = dict.fromkeys(("role", "join_link_id", "recorded_at", "told_at"))
_AGAIN = ("email", "name", "reason", "created_at", "lapses_at", *_EMPTY)


def place(slug: str) -> Organization:
    """The organization at whose page strangers may ask; raises the same NotFound for all others."""
    organization = db.session.scalar(select(Organization).where(Organization.slug == slug))
    if organization is None or not _is_open(organization):
        raise NotFound
    return organization


def ask(
    organization: Organization, *, email: str | None, name: str | None, reason: str | None
) -> None:
    """Take down who asks, and why; silent about everything else.

    Refuses what is no address or not in the organization's domains, and too long words.
    """
    wrong, found = Objections(), dict[str, object]()
    with wrong:
        address = addresses.parse(email)
        domains.refuse_other(organization, address)
    with wrong:
        found["name"] = requests.name_of(name)
    with wrong:
        found["reason"] = requests.words(reason)
    wrong.settle()
    _ask(organization, requests.columns(organization, RequestKind.ASK, address, **found))


@transaction()
def _ask(organization: Organization, row: dict[str, object]) -> None:
    try:
        organizations.lock(organization)
    except Refusal:  # suspended meanwhile
        raise NotFound from None
    if not _is_open(organization):
        raise NotFound
    if not quotas.take("ask", organization.id, PER_DAY):
        until = clock.next_day()
        words = gettext(
            "Too many people have asked today. Try again after %(time)s.",
            time=formats.exact(until),
        )
        raise UsedUp(words, until=until)
    # One that has lapsed, and is not marked yet, is asked anew.
    upsert(
        Request,
        {**row, **_EMPTY},
        on=["organization_id", "email_key"],
        on_where=text(ASKED),
        update=_AGAIN,
        where=Request.lapses_at <= clock.now(),
    )
    queue.enqueue(SORT)


def sort() -> int:
    """Put new ones on record, and drop those that nobody needs; returns how many. Safe twice."""
    total = 0
    while ids := _unrecorded():
        total += sum(_sort(request_id) for request_id in ids)
        if len(ids) < BATCH:
            break
    return total


def _unrecorded() -> Sequence[int]:
    query = select(Request.id).where(text(UNRECORDED)).order_by(Request.id).limit(BATCH)
    ids = db.session.scalars(query).all()
    db.session.rollback()
    return ids


@transaction()
def _sort(request_id: int) -> bool:
    query = select(Request).where(Request.id == request_id, text(UNRECORDED))
    request = db.session.scalar(query.with_for_update(of=Request, skip_locked=True))
    if request is None:  # somebody else does
        return False
    if _is_idle(request):
        db.session.delete(request)
    else:
        requests.take_in(request)
    return True


def _is_idle(request: Request) -> bool:
    """Whether there is nothing to decide: a member, or somebody who wants no mail from here."""
    if member_addresses.is_member(request.organization, request.email_key):
        return True
    reason = suppressions.reasons(request.organization_id, [request.email_key])
    return reason.get(request.email_key, suppressions.BOUNCED) != suppressions.BOUNCED


def _is_open(organization: Organization) -> bool:
    return organization.takes_asks and organization.is_active
