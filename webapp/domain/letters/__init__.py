"""Composing letters from a wording, the facts of one mail, and the notes in every mail."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from sqlalchemy import select

from webapp import config
from webapp.db import db
from webapp.domain.deliverability import unsubscribes
from webapp.domain.letters import bodies, placeholders, templates, wordings
from webapp.domain.letters import facts as letter_facts
from webapp.domain.letters.facts import Facts
from webapp.domain.letters.wordings import Wording
from webapp.domain.organizations import memberships
from webapp.mail_message import Letter
from webapp.models import AccountNotice, Delivery, Invitation, MailDraft, Organization, User

# The template for a kind of delivery that has none of its own.
TEMPLATES = {"resend": "invitation"}
TEST_NOTE = (
    "This is a test of the mail’s text, for you alone. The facts in it are made up, and its link "
    "leads nowhere."
)


class Preview(NamedTuple):
    """A mail as a page shows it; its HTML has no inline styles."""

    sender: str
    heading: str
    subject: str
    text: str
    html: Markup
    notes: list[str]


def invitation(
    delivery: Delivery,
    invitation: Invitation,
    organization: Organization,
    inviter: User | None,
    link: str,
) -> Letter:
    """The mail with an invitation's link: the invitation, a reminder or a renewal."""
    kind = TEMPLATES.get(delivery.kind, delivery.kind)
    facts = letter_facts.invited(
        kind,
        organization,
        inviter,
        invitee=invitation.name or invitation.email,
        email=delivery.recipient,
        role=invitation.role,
        message=invitation.message or "",
        link=link,
        expires=invitation.expires_at,
        unsubscribe_link=unsubscribes.address(invitation),
    )
    return letter(delivery, templates.present(organization, kind).wording, facts)


def welcome(delivery: Delivery, organization: Organization, user: User, role: str) -> Letter:
    """The mail to somebody who has just joined; its link carries no secret."""
    facts = letter_facts.welcomed(
        organization, letter_facts.name_of(user), delivery.recipient, role
    )
    return letter(delivery, templates.present(organization, "welcome").wording, facts)


def webhook_stopped(
    delivery: Delivery, organization: Organization, admin: User, hosts: list[str]
) -> Letter:
    """The mail to an admin about webhooks that were stopped because they kept failing."""
    facts = letter_facts.webhook_stopped(
        organization, letter_facts.name_of(admin), ", ".join(hosts)
    )
    return letter(delivery, templates.built_in("webhook"), facts)


def joined_by(user: User, organization_id: int | None) -> Invitation | None:
    """The invitation by which the user joined the organization."""
    return db.session.scalar(
        select(Invitation)
        .where(Invitation.organization_id == organization_id, Invitation.user_id == user.id)
        .order_by(Invitation.id.desc())
        .limit(1)
    )


def reset(
    delivery: Delivery, user: User, link: str, expires: datetime, invitation: Invitation | None
) -> Letter:
    """The mail with the link to set a new password.

    In an organization's own wording only for a verified user who is in no other. The mail of an
    unverified account, with the `invitation` by which it joined, says how to unsubscribe.
    """
    template = None
    joined = memberships.of(user) if user.is_verified else []
    if len(joined) == 1:
        template = templates.present(joined[0].organization, "reset")
    sender = joined[0].organization.name if template and template.is_own else None
    invitee = letter_facts.name_of(user) or delivery.recipient
    stop = unsubscribes.address(invitation) if invitation else ""
    facts = letter_facts.reset(sender, invitee, delivery.recipient, link, expires, stop)
    wording = template.wording if template and sender else templates.built_in("reset")
    return letter(delivery, wording, facts)


def confirmation(
    delivery: Delivery, organization: Organization, link: str, invitation: Invitation | None
) -> Letter:
    """The mail by which the owner of a mailbox takes over its unverified account."""
    stop = unsubscribes.address(invitation) if invitation else ""
    facts = letter_facts.confirmed(organization, delivery.recipient, link, stop)
    return letter(delivery, templates.built_in("confirmation"), facts)


def notice(delivery: Delivery, user: User, about: AccountNotice) -> Letter:
    """The mail to an account's owner about a change to how they sign in."""
    facts = letter_facts.noticed(user, about)
    return letter(delivery, templates.built_in("notice"), facts)


def trial(delivery: Delivery, draft: MailDraft, organization: Organization, by: User) -> Letter:
    """The mail that shows an admin a text, with made-up facts and a dummy link."""
    facts = _sample(organization, draft.kind, Wording(draft.subject, draft.body), by)
    wording = Wording(f"Test: {draft.subject}", draft.body)
    return letter(delivery, wording, facts, (TEST_NOTE, *facts.notes))


def preview(organization: Organization, kind: str, *, by: User, subject: str, body: str) -> Preview:
    """The mail as it would be sent, with made-up facts; for a text that was checked."""
    wording = Wording(subject, body)
    facts = _sample(organization, kind, wording, by)
    parts = bodies.render(body, facts.values, facts.button, styled=False)
    notes = facts.notes
    if facts.unsubscribe_link:
        notes = [*notes, f"{facts.unsubscribe_note} {facts.unsubscribe_link}"]
    return Preview(
        f"{facts.heading} <{config.current().from_email}>",
        facts.heading,
        _subject(wording, facts),
        parts.text + "\n" + "\n\n".join(notes) + "\n",
        Markup(parts.html),  # noqa: S704 - cleaned with an allow-list of tags
        notes,
    )


def checked_preview(
    organization: Organization, kind: str, *, by: User, subject: str, body: str
) -> Preview:
    """The preview of a text just typed; raises Refusals that name the lines."""
    wording = wordings.checked(kind, subject, body)
    return preview(organization, kind, by=by, **wording._asdict())


def _sample(organization: Organization, kind: str, wording: Wording, by: User) -> Facts:
    return letter_facts.sample(organization, kind, by, is_own=wording != templates.built_in(kind))


def letter(
    delivery: Delivery, wording: Wording, facts: Facts, notes: tuple[str, ...] | None = None
) -> Letter:
    """Both parts of a mail; `notes` replace those of the kind under the text."""
    body = bodies.render(wording.body, facts.values, facts.button)
    html_notes = text_notes = list(notes) if notes else facts.notes
    if facts.unsubscribe_link:
        text_notes = [*text_notes, f"{facts.unsubscribe_note}\n{facts.unsubscribe_link}"]
    page = _environment().get_template("letter.html")
    return Letter(
        to=delivery.recipient,
        subject=_subject(wording, facts),
        text=body.text + "\n" + "\n\n".join(text_notes) + "\n",
        html=page.render(facts=facts, body=Markup(body.html), notes=html_notes),  # noqa: S704
        message_id=delivery.message_id,
        sender_name=facts.heading,
        headers=unsubscribes.headers(facts.unsubscribe_link) if facts.unsubscribe_link else (),
    )


def _subject(wording: Wording, facts: Facts) -> str:
    return " ".join(placeholders.fill(wording.subject, facts.values).split())


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("webapp", "templates/mail"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
