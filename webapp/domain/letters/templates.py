"""An organization's own texts for its mails, as versions; the newest is in use."""

from __future__ import annotations

import functools
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from webapp import clock, languages
from webapp.config import ROOT
from webapp.db import db, transaction
from webapp.domain import events, organizations
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.events import Actor
from webapp.domain.letters import placeholders, wordings
from webapp.domain.letters.wordings import Wording
from webapp.domain.organizations import permissions
from webapp.languages import gettext, marked
from webapp.models import MailTemplate, Organization

FOLDER = ROOT / "webapp/templates/mail"
TITLES = {
    "invitation": marked("Invitation"),
    "reminder": marked("Reminder"),
    "renewal": marked("New link"),
    "reset": marked("Password reset"),
    "welcome": marked("Welcome"),
}
OCCASIONS = {
    "invitation": marked("Sent to people you invite, and again when you resend an invitation."),
    "reminder": marked("Sent once, before the link expires, to people who have not answered."),
    "renewal": marked(
        "Sent to people who ask for a new link because theirs has expired or was replaced."
    ),
    "reset": marked(
        "Sent to members who forgot their password, if this is their only organization. "
        "Everyone else gets the built-in text."
    ),
    "welcome": marked("Sent to people who have joined with a mailed link."),
}


class Present(NamedTuple):
    """The text in use: its wording, and its version (None if it was never changed)."""

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
    """The refusal for the second of two admins; `number` is the version that the first made."""
    return Refusal(
        gettext(
            "Someone changed this template while you were writing. Their text is below; yours is "
            "still in the form. Save again to replace theirs with yours."
        ),
        newer=number,
    )


def named(kind: str) -> str:
    """The kind of that name; raises NotFound if there is none."""
    if kind not in placeholders.KINDS:
        raise NotFound
    return kind


def built_in(kind: str) -> Wording:
    """The text that every organization starts with, in the current language."""
    return _built_in(kind, languages.current().tag)


@functools.cache
def _built_in(kind: str, tag: str) -> Wording:
    """The text of a file, in English where it is not translated; its first line is the subject."""
    own = FOLDER / tag / f"{kind}.md"
    file = own if own.exists() else FOLDER / f"{kind}.md"
    subject, _, body = file.read_text(encoding="utf-8").partition("\n\n")
    return Wording(subject, body.strip())


def present(organization: Organization, kind: str) -> Present:
    """The text in use for the organization's mails of this kind."""
    newest = db.session.scalar(_versions(organization, named(kind)).limit(1))
    return Present(kind, wording(newest) if newest else built_in(kind), newest)


def overview(organization: Organization) -> list[Present]:
    """The text in use for each kind."""
    return [present(organization, kind) for kind in placeholders.KINDS]


def versions(organization: Organization, kind: str) -> list[MailTemplate]:
    """Every version with its author, newest first."""
    return list(db.session.scalars(_versions(organization, named(kind))))


def version(organization: Organization, kind: str, number: int) -> MailTemplate:
    """One version; raises NotFound."""
    query = _versions(organization, named(kind)).where(MailTemplate.number == number)
    row = db.session.scalar(query)
    if row is None:
        raise NotFound
    return row


def wording(version: MailTemplate) -> Wording:
    """A version's text; the current built-in text if the version went back to the default."""
    if version.subject is None or version.body is None:
        return built_in(version.kind)
    return Wording(version.subject, version.body)


def save(
    organization: Organization, kind: str, *, by: Actor, subject: str, body: str, begun_from: int
) -> bool:
    """Make this text the next version; False if it is already in use.

    `begun_from` is the version that the admin edited: if there is a newer one, nothing is saved.
    Raises Refusals that name the lines.
    """
    checked = wordings.checked(named(kind), subject, body)
    return _save(organization, kind, by, checked, begun_from)


def use_again(
    organization: Organization, kind: str, number: int, *, by: Actor, begun_from: int
) -> bool:
    """Make an earlier version's text the newest; False if it is already in use."""
    earlier = version(organization, kind, number)
    if earlier.is_default:
        return back_to_default(organization, kind, by=by, begun_from=begun_from)
    text = wording(earlier)
    return save(organization, kind, by=by, begun_from=begun_from, **text._asdict())


def back_to_default(organization: Organization, kind: str, *, by: Actor, begun_from: int) -> bool:
    """Use the built-in text again, as a version of its own; False if it is already in use."""
    return _save(organization, named(kind), by, None, begun_from)


@transaction({"one_mail_template_version": changed_meanwhile})
def _save(
    organization: Organization, kind: str, by: Actor, text: Wording | None, begun_from: int
) -> bool:
    organizations.lock(organization)
    permissions.require(organization, by, "settings:write")
    newest = present(organization, kind)
    if newest.number != begun_from:
        raise changed_meanwhile(newest.number)
    if text == (newest.wording if newest.is_own else None):
        return False
    row = MailTemplate(
        organization_id=organization.id,
        kind=kind,
        number=newest.number + 1,
        subject=text.subject if text else None,
        body=text.body if text else None,
        created_at=clock.now(),
        author_id=by.id,
    )
    db.session.add(row)
    events.record(organization, "TemplateChanged", by=by, kind=kind, number=row.number)
    return True


def _versions(organization: Organization, kind: str) -> Select[MailTemplate]:
    return (
        select(MailTemplate)
        .options(joinedload(MailTemplate.author))
        .where(MailTemplate.organization_id == organization.id, MailTemplate.kind == kind)
        .order_by(MailTemplate.number.desc())
    )
