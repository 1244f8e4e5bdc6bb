"""An organization's own texts of its mails: versions, the newest of which decides."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.config import ROOT
from webapp.db import db, transaction
from webapp.domain import events, organizations
from webapp.domain.errors import NotFound, Refusal, UsedUp
from webapp.domain.events import Actor
from webapp.domain.letters import placeholders, wordings
from webapp.domain.letters.wordings import Wording
from webapp.domain.mail import kinds, queue
from webapp.domain.organizations import permissions
from webapp.models import Delivery, MailDraft, MailTemplate, Organization, User

FOLDER = ROOT / "webapp/templates/mail"
TITLES = {
    "invitation": "Invitation",
    "reminder": "Reminder",
    "renewal": "New link",
    "reset": "Password reset",
    "welcome": "Welcome",
}
OCCASIONS = {
    "invitation": "Goes to whoever is invited, also when an invitation is resent.",
    "reminder": "Goes once to whoever has not answered, before the link ends.",
    "renewal": "Goes to whoever asks for a new link on the page of one that has ended.",
    "reset": "Goes to members who forgot their password, if this is the only organization that "
    "they are in. Everybody else gets the built-in text.",
    "welcome": "Goes to whoever has joined by a mailed link.",
}
TRIAL = "test"  # the kind of a delivery that an admin sends to themselves
DRAFTS_LIVE = timedelta(days=7)


class Present(NamedTuple):
    """What is mailed now: its wording, and the version that says so (None: never changed)."""

    kind: str
    wording: Wording
    version: MailTemplate | None

    @property
    def number(self) -> int:
        return self.version.number if self.version else 0

    @property
    def is_own(self) -> bool:
        return self.version is not None and not self.version.is_default


def changed_meanwhile(number: int = 0) -> Refusal:
    """What the second of two admins hears; `number` is the version that the first one made."""
    return Refusal(
        "Somebody changed this template while you were writing. Nothing of theirs is lost: their "
        "text stands below, yours is still in the form. Saving again puts yours in its place.",
        newer=number,
    )


def named(kind: str) -> str:
    """The kind of that name; raises NotFound when there is none."""
    if kind not in placeholders.KINDS:
        raise NotFound
    return kind


@functools.cache
def built_in(kind: str) -> Wording:
    """The text that every organization begins with: the file's first line is the subject."""
    subject, _, body = (FOLDER / f"{kind}.md").read_text(encoding="utf-8").partition("\n\n")
    return Wording(subject, body.strip())


def present(organization: Organization, kind: str) -> Present:
    """What the organization's mail of this kind says now."""
    newest = db.session.scalar(_versions(organization, named(kind)).limit(1))
    return Present(kind, wording(newest) if newest else built_in(kind), newest)


def overview(organization: Organization) -> list[Present]:
    """All kinds, as they are mailed now."""
    return [present(organization, kind) for kind in placeholders.KINDS]


def versions(organization: Organization, kind: str) -> list[MailTemplate]:
    """Every version with its author, newest first."""
    return list(db.session.scalars(_versions(organization, named(kind))))


def version(organization: Organization, kind: str, number: int) -> MailTemplate:
    """One version; raises NotFound."""
    query = _versions(organization, named(kind)).where(MailTemplate.number == number)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound
    return found


def wording(version: MailTemplate) -> Wording:
    """What a version says; of one that went back, the built-in text as it is now."""
    if version.subject is None or version.body is None:
        return built_in(version.kind)
    return Wording(version.subject, version.body)


def save(
    organization: Organization, kind: str, *, by: Actor, subject: str, body: str, begun_from: int
) -> bool:
    """Make this text the next version; False when it is what is mailed already.

    `begun_from` is the version that the writer saw: when there is a newer one, nothing is written.
    Raises Refusals that name the lines.
    """
    checked = wordings.checked(named(kind), subject, body)
    return _save(organization, kind, by, checked, begun_from)


def use_again(
    organization: Organization, kind: str, number: int, *, by: Actor, begun_from: int
) -> bool:
    """Make an earlier version's text the newest; False when it is already."""
    found = version(organization, kind, number)
    if found.is_default:
        return back_to_default(organization, kind, by=by, begun_from=begun_from)
    old = wording(found)
    return save(
        organization, kind, by=by, subject=old.subject, body=old.body, begun_from=begun_from
    )


def back_to_default(organization: Organization, kind: str, *, by: Actor, begun_from: int) -> bool:
    """Mail the built-in text again; a version like any other. False when it is mailed already."""
    return _save(organization, named(kind), by, None, begun_from)


@transaction({"one_mail_template_version": changed_meanwhile})
def _save(
    organization: Organization, kind: str, by: Actor, text: Wording | None, begun_from: int
) -> bool:
    organizations.lock(organization)
    permissions.require(organization, by, "settings:write")
    before = present(organization, kind)
    if before.number != begun_from:
        raise changed_meanwhile(before.number)
    if text == (before.wording if before.is_own else None):
        return False
    row = MailTemplate(
        organization_id=organization.id,
        kind=kind,
        number=before.number + 1,
        subject=text.subject if text else None,
        body=text.body if text else None,
        created_at=clock.now(),
        author_id=by.id,
    )
    db.session.add(row)
    events.record(organization, "TemplateChanged", by=by, kind=kind, number=row.number)
    return True


@transaction()
def send_test(
    organization: Organization, kind: str, *, by: User, subject: str, body: str, begun_from: int
) -> int:
    """Queue this text with made-up facts to the admin's own address; returns the delivery's id.

    Changes no template. Raises Refusals that name the lines, and beyond the daily share.
    """
    text = wordings.checked(named(kind), subject, body)
    organizations.lock(organization)
    permissions.require(organization, by, "settings:write")
    if not by.is_verified:
        raise Refusal(
            "Confirm your address first, on your account’s page: a test goes only to a mailbox "
            "that is known to be yours."
        )
    delivery = queue.queue_mail(TRIAL, organization_id=organization.id, user=by)
    if delivery is None:
        until = clock.next_day()
        raise UsedUp(
            f"You have sent yourself {kinds.TRIALS.most} tests today, which is the most. "
            f"Try again after {clock.exact(until)}.",
            until=until,
        )
    db.session.flush()
    draft = MailDraft(delivery_id=delivery.id, kind=kind, number=begun_from, **text._asdict())
    db.session.add(draft)
    return delivery.id


def draft(organization: Organization, kind: str, delivery_id: int, *, by: User) -> MailDraft:
    """The text that this admin sent themselves with that delivery; raises NotFound."""
    found = db.session.scalar(
        select(MailDraft)
        .join(Delivery, Delivery.id == MailDraft.delivery_id)
        .where(
            MailDraft.delivery_id == delivery_id,
            MailDraft.kind == named(kind),
            Delivery.organization_id == organization.id,
            Delivery.user_id == by.id,
        )
    )
    if found is None:
        raise NotFound
    return found


def draft_of(delivery: Delivery) -> MailDraft | None:
    """The text that a test carries; None once it was forgotten."""
    return db.session.get(MailDraft, delivery.id)


@transaction()
def forget_drafts() -> int:
    """Drop texts that were tried out a week ago; returns how many."""
    old = select(Delivery.id).where(
        Delivery.kind == TRIAL, Delivery.created_at < clock.now() - DRAFTS_LIVE
    )
    gone = db.session.execute(delete(MailDraft).where(MailDraft.delivery_id.in_(old)))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _versions(organization: Organization, kind: str) -> Select[MailTemplate]:
    return (
        select(MailTemplate)
        .options(joinedload(MailTemplate.author))
        .where(MailTemplate.organization_id == organization.id, MailTemplate.kind == kind)
        .order_by(MailTemplate.number.desc())
    )
