"""Test mails: an admin sends a text to themselves, with made-up facts."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from webapp import clock, formats, languages
from webapp.db import db, transaction
from webapp.domain import letters, organizations, upkeep
from webapp.domain.errors import NotFound, Refusal, UsedUp
from webapp.domain.letters import templates, wordings
from webapp.domain.mail import composing, kinds, queue
from webapp.domain.mail.composing import Composed, Drop
from webapp.domain.mail.kinds import Share
from webapp.domain.organizations import permissions
from webapp.languages import gettext, marked
from webapp.models import Delivery, MailDraft, Organization, User

KIND = "test"
SHARE = Share("template test", 20)
KEPT = timedelta(days=7)


@transaction()
def send(
    organization: Organization, kind: str, *, by: User, subject: str, body: str, begun_from: int
) -> int:
    """Queue this text, with made-up facts, to the admin's own address; returns the delivery's id.

    Changes no template. Raises Refusals that name the lines, and UsedUp beyond the daily share.
    """
    text = wordings.checked(templates.named(kind), subject, body)
    organizations.lock(organization)
    permissions.require(organization, by, "settings:write")
    delivery = _queue(organization, by)
    db.session.flush()
    draft = MailDraft(delivery_id=delivery.id, kind=kind, number=begun_from, **text._asdict())
    db.session.add(draft)
    return delivery.id


def _queue(organization: Organization, admin: User) -> Delivery:
    if not admin.is_verified:
        raise Refusal(
            gettext(
                "Confirm your address on your account page first: tests are sent only to a "
                "confirmed address."
            )
        )
    delivery = queue.queue_mail(KIND, organization_id=organization.id, user=admin)
    if delivery is None:
        until = clock.next_day()
        raise UsedUp(
            gettext(
                "You have sent yourself %(most)s tests today, which is the limit. "
                "Try again after %(time)s.",
                most=SHARE.most,
                time=formats.exact(until),
            ),
            until=until,
        )
    return delivery


def find(organization: Organization, kind: str, delivery_id: int, *, by: User) -> MailDraft:
    """The text that this admin sent to themselves with that delivery; raises NotFound."""
    draft = db.session.scalar(
        select(MailDraft)
        .join(Delivery, Delivery.id == MailDraft.delivery_id)
        .where(
            MailDraft.delivery_id == delivery_id,
            MailDraft.kind == templates.named(kind),
            Delivery.organization_id == organization.id,
            Delivery.user_id == by.id,
        )
    )
    if draft is None:
        raise NotFound
    return draft


@upkeep.forgets
@transaction()
def forget() -> int:
    """Delete texts that were tested more than a week ago; returns how many."""
    old = select(Delivery.id).where(Delivery.kind == KIND, Delivery.created_at < clock.now() - KEPT)
    deleted = db.session.execute(delete(MailDraft).where(MailDraft.delivery_id.in_(old)))
    return int(deleted.rowcount)  # type: ignore[attr-defined]


@kinds.composes(KIND, cause="the admin tries a text", share=SHARE)
def _compose(delivery: Delivery) -> Composed:
    draft = db.session.get(MailDraft, delivery.id)
    if draft is None:
        return Drop(marked("The text was deleted before it was sent."))
    organization, admin = composing.organization(delivery), composing.account(delivery)
    with languages.written_in(organization.language):
        return letters.trial(delivery, draft, organization, admin)
