"""Making a restored database safe to use: it gives nobody anything (rule M6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

from webapp import clock, sqlite_remains
from webapp.db import db, transaction
from webapp.domain import events, imports, organizations
from webapp.domain.accounts import restored
from webapp.domain.errors import Refusal
from webapp.domain.events import OPERATOR, seals
from webapp.domain.invitations import restored as restored_invitations
from webapp.domain.links import restored as restored_links
from webapp.domain.members import reviews
from webapp.domain.operations import applications_again, erased_again, shut_out_again
from webapp.domain.operations.since_backup import Facts
from webapp.domain.outbox import restored as restored_mails
from webapp.domain.requests import restored as restored_requests
from webapp.models import ApiKey, BulkImport, Event, ImportState, Organization, Restore, TrailHead

OTHER_KEY = (
    "This backup was made with another SECRET_KEY: second factors, webhooks and the seals of the "
    "audit trail could not be read. Put that key into SECRET_KEY, or into SECRET_KEY_FALLBACKS. If "
    "it is lost, add --lost-key."
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore ended."""

    made_at: datetime | None  # when the backup's newest event happened
    sessions: int
    keys: int
    invitations: int
    mails: int
    objections: list[str]  # what could not be done again, and why


def refuse_other_key() -> None:
    """Refuse a database whose trail was sealed with a SECRET_KEY that we do not have."""
    heads = db.session.scalars(select(TrailHead).where(TrailHead.keys != "")).all()
    keys = [(head.organization_id, head.keys.split()[-1]) for head in heads]
    if keys and not any(seals.opened(chain, sealed) for chain, sealed in keys):
        raise Refusal(OTHER_KEY)


def finish(facts: Facts | None, *, keep_keys: bool) -> Restored:
    """End in a restored database what was open, and what the facts say was ended since.

    `facts` are those of the database that it replaces; None if that is gone. Then all API keys end,
    unless they are to be kept.
    """
    made_at = db.session.scalar(select(func.max(Event.at)))
    sessions, keys = _begin(made_at, facts.working_keys if facts else frozenset(), keep_keys)
    objections = [*erased_again.do(facts), *shut_out_again.do(facts)] if facts else []
    mails, ended = restored_mails.doubt_waiting(), restored_invitations.end_links()
    running = select(BulkImport).where(BulkImport.state == ImportState.RUNNING)
    for bulk_import in db.session.scalars(running).all():
        imports.stop(bulk_import.organization, bulk_import.id, by=OPERATOR)
    restored_links.pause_all()
    applications_again.withdraw_keys(facts)
    restored_requests.end_all()
    reviews.stop_restored()
    sqlite_remains.clear()
    return Restored(made_at, sessions, keys, ended, mails, objections)


@transaction()
def _begin(
    made_at: datetime | None, working_keys: frozenset[str], keep_keys: bool
) -> tuple[int, int]:
    """Put it on record, and end sessions and keys."""
    db.session.add(Restore(at=clock.now(), made_at=made_at))
    told = f"{made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if made_at else "-"
    places: list[Organization | None] = [*organizations.everyone(), None]
    for place in places:
        events.record(place, "SystemRestored", by=OPERATOR, made_at=told)
    kept = set(db.session.scalars(select(ApiKey.digest))) if keep_keys else working_keys
    return restored.end_sessions(), restored.end_keys(but=kept, by=OPERATOR)
