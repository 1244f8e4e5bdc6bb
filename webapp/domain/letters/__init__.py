"""Composing letters from a wording, the facts of one mail, and the notes in every mail."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from sqlalchemy import select

from webapp import config, languages
from webapp.db import db
from webapp.domain.deliverability import unsubscribes
from webapp.domain.letters import bodies, placeholders, samples, templates
from webapp.domain.letters import facts as letter_facts
from webapp.domain.letters.facts import Facts
from webapp.domain.letters.notes import TEST
from webapp.domain.letters.styles import colored
from webapp.domain.letters.wordings import Wording
from webapp.domain.organizations import memberships
from webapp.languages import gettext
from webapp.mail_message import Letter
from webapp.models import AccountNotice, Delivery, Invitation, MailDraft, Organization, User

# The template for a kind of delivery that has none of its own.
TEMPLATES = {"resend": "invitation"}


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
    access: str = "",
) -> Letter:
    """The mail with an invitation's link: the invitation, a reminder or a renewal.

    `access` says how long it lasts.
    """
    kind = TEMPLATES.get(delivery.kind, delivery.kind)
    template = templates.present(organization, kind)
    is_signed = template.is_own or (inviter is not None and letter_facts.name_of(inviter))
    wording = template.wording if is_signed else templates.built_in(f"unsigned/{kind}")
    facts = letter_facts.invited(
        kind,
        organization,
        inviter,
        invitee=invitation.name or (invitation.email if template.is_own else ""),
        email=delivery.recipient,
        role=invitation.role,
        message=invitation.message or "",
        link=link,
        expires=invitation.expires_at,
        unsubscribe_link=unsubscribes.address(invitation),
        access=access,
    )
    return letter(delivery, wording, facts)


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
    sender = joined[0].organization if template and template.is_own else None
    invitee = letter_facts.name_of(user)
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
    return letter(delivery, wording, facts, (gettext(TEST), *facts.notes))


def preview(organization: Organization, kind: str, *, by: User, subject: str, body: str) -> Preview:
    """The mail as it would be sent, with made-up facts; for a text that was checked."""
    wording = Wording(subject, body)
    facts = _sample(organization, kind, wording, by)
    parts = bodies.render(body, facts.values, facts.button, styles={})
    notes = [*facts.notes, *facts.last_notes]
    return Preview(
        f"{facts.heading} <{config.current().from_email}>",
        facts.heading,
        _subject(wording, facts),
        parts.text + "\n" + "\n\n".join(notes) + "\n",
        Markup(parts.html),  # noqa: S704 - cleaned with an allow-list of tags
        notes,
    )


def _sample(organization: Organization, kind: str, wording: Wording, by: User) -> Facts:
    return samples.sample(organization, kind, by, is_own=wording != templates.built_in(kind))


def letter(
    delivery: Delivery, wording: Wording, facts: Facts, notes: tuple[str, ...] | None = None
) -> Letter:
    """Both parts of a mail; `notes` replace those of the kind under the text."""
    body = bodies.render(wording.body, facts.values, facts.button, colored(facts.door.light))
    html_notes = list(notes) if notes else facts.notes
    text_notes = [*html_notes, *facts.last_notes]
    page = _environment().get_template("letter.html")
    return Letter(
        to=delivery.recipient,
        subject=_subject(wording, facts),
        text=body.text + "\n" + "\n\n".join(text_notes) + "\n",
        html=page.render(facts=facts, body=Markup(body.html), notes=html_notes),  # noqa: S704
        message_id=delivery.message_id,
        sender_name=facts.heading,
        language=languages.current().tag,
        headers=unsubscribes.headers(facts.unsubscribe_link) if facts.unsubscribe_link else (),
    )


def _subject(wording: Wording, facts: Facts) -> str:
    values = placeholders.shortened(facts.values)
    return " ".join(placeholders.fill(wording.subject, values).split())


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
