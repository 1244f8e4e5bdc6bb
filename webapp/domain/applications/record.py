"""Applications in the trail of their organization: who entered one, and who was refused."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import events
from webapp.domain.applications.entry import Barrier
from webapp.domain.events import Actor
from webapp.models import Application, Event, User

PAUSE = timedelta(hours=1)  # between two records of one refusal


class How(StrEnum):
    """The way somebody came, in the words of the trail."""

    PROXY = "through the proxy"
    OPENID = "through OpenID Connect"


# Why somebody was refused, in the words of the trail.
REASONS = {
    Barrier.SUSPENDED: "the organization is suspended",
    Barrier.PAUSED: "the application is paused",
    Barrier.DEACTIVATED: "the member is deactivated",
    Barrier.ENDED: "access has ended",
    Barrier.NO_GROUP: "not in a group that may enter",
    Barrier.UNVERIFIED: "the address is unverified",
    Barrier.NO_SECOND_FACTOR: "no second factor",
}


def about(application: Application, name: str, by: Actor, **data: Any) -> None:
    """An event about an application, in the present transaction."""
    told = {"application": application.slug, "name": application.name, **data}
    events.record(application.organization_id, name, by=by, **told)


@transaction()
def entered(application: Application, user: User, how: How) -> None:
    """A visit began: call it once a visit, in the transaction that begins it."""
    _by_person(application, "ApplicationEntered", user, how=how.value)


@transaction()
def refused(application: Application, user: User, how: How, barrier: Barrier) -> None:
    """Somebody was refused: recorded at most once an hour for each person and reason.

    Nobody learns here that strangers have an account: who is no member leaves no record.
    """
    reason = REASONS.get(barrier)
    if reason is None or _is_recorded(application, user, reason):
        return
    # Two at once: the second one waits here, and then finds the record of the first.
    db.session.refresh(application, with_for_update={"key_share": True})
    if not _is_recorded(application, user, reason):
        _by_person(application, "ApplicationRefused", user, how=how.value, reason=reason)


def _is_recorded(application: Application, user: User, reason: str) -> bool:
    query = select(Event).where(
        Event.organization_id == application.organization_id,
        Event.actor_id == user.id,
        Event.name == "ApplicationRefused",
        Event.at > clock.now() - PAUSE,
    )
    wanted = (application.slug, reason)
    recent = db.session.scalars(query)
    return any((e.told.get("application"), e.told.get("reason")) == wanted for e in recent)


def _by_person(application: Application, name: str, user: User, **data: Any) -> None:
    about(application, name, user, user_id=user.id, email=user.email, **data)
