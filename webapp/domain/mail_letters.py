"""The letters that are sent: a wording, the facts of one mail, and what Gatehouse always says."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from webapp import config
from webapp.domain import (
    mail_bodies,
    mail_facts,
    mail_templates,
    mail_wordings,
    memberships,
    placeholders,
)
from webapp.domain.mail_facts import Facts
from webapp.domain.mail_wordings import Wording
from webapp.mailer import Letter
from webapp.models import Delivery, Invitation, MailDraft, Organization, User

# A delivery's kind that is not the template's own.
TEMPLATES = {"resend": "invitation"}
TRIED = (
    "This is a test of the mail’s text, for you alone. The facts in it are made up, and its link "
    "leads nowhere."
)


class Preview(NamedTuple):
    """A mail as a page shows it; the HTML carries no looks of its own."""

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
    """The mail that carries an invitation's link: the invitation, a reminder or a renewal."""
    kind = TEMPLATES.get(delivery.kind, delivery.kind)
    facts = mail_facts.invited(
        kind,
        organization,
        inviter,
        invitee=invitation.name or invitation.email,
        email=delivery.recipient,
        role=invitation.role,
        message=invitation.message or "",
        link=link,
        expires=invitation.expires_at,
    )
    return letter(delivery, mail_templates.present(organization, kind).wording, facts)


def welcome(delivery: Delivery, organization: Organization, user: User, role: str) -> Letter:
    """The mail to somebody who has just joined; its link leads in, and carries no secret."""
    facts = mail_facts.welcomed(organization, user.full_name, delivery.recipient, role)
    return letter(delivery, mail_templates.present(organization, "welcome").wording, facts)


def webhook_stopped(
    delivery: Delivery, organization: Organization, admin: User, hosts: list[str]
) -> Letter:
    """The mail to an admin about webhooks that kept failing."""
    facts = mail_facts.webhook_stopped(organization, admin.full_name, ", ".join(hosts))
    return letter(delivery, mail_templates.built_in("webhook"), facts)


def reset(delivery: Delivery, user: User, link: str, expires: datetime) -> Letter:
    """The mail that carries the link to set a new password.

    In an organization's own words only for a verified account that is in that one alone: nobody
    else's mail is theirs to write.
    """
    present = None
    homes = memberships.of(user) if user.is_verified else []
    if len(homes) == 1:
        present = mail_templates.present(homes[0].organization, "reset")
    own = homes[0].organization.name if present and present.is_own else None
    # An unverified account's name was typed by nobody knows whom.
    invitee = user.full_name if user.is_verified else delivery.recipient
    facts = mail_facts.reset(own, invitee, delivery.recipient, link, expires)
    wording = present.wording if present and own else mail_templates.built_in("reset")
    return letter(delivery, wording, facts)


def confirmation(delivery: Delivery, organization: Organization, user: User, link: str) -> Letter:
    """The mail by which the holder of a mailbox takes over its unverified account."""
    values = {
        "invitee": user.full_name,
        "organization": organization.name,
        "email": delivery.recipient,
        "link": link,
    }
    facts = Facts("confirmation", organization.name, values)
    return letter(delivery, mail_templates.built_in("confirmation"), facts)


def trial(delivery: Delivery, draft: MailDraft, organization: Organization, by: User) -> Letter:
    """The mail by which an admin looks at a text: made-up facts, and a link that leads nowhere."""
    facts = _sample(organization, draft.kind, Wording(draft.subject, draft.body), by)
    wording = Wording(f"Test: {draft.subject}", draft.body)
    return letter(delivery, wording, facts, (TRIED, *facts.notes))


def preview(organization: Organization, kind: str, *, by: User, subject: str, body: str) -> Preview:
    """The mail as it would be, with made-up facts; for a text that was found in order."""
    wording = Wording(subject, body)
    facts = _sample(organization, kind, wording, by)
    parts = mail_bodies.render(body, facts.values, facts.button, styled=False)
    return Preview(
        f"{facts.heading} <{config.current().from_email}>",
        facts.heading,
        _subject(wording, facts),
        parts.text + "\n" + "\n\n".join(facts.notes) + "\n",
        Markup(parts.html),  # noqa: S704 - an allow-list of tags has been over it
        facts.notes,
    )


def checked_preview(
    organization: Organization, kind: str, *, by: User, subject: str, body: str
) -> Preview:
    """The same for a text just typed; raises Refusals that name the lines."""
    wording = mail_wordings.checked(kind, subject, body)
    return preview(organization, kind, by=by, **wording._asdict())


def _sample(organization: Organization, kind: str, wording: Wording, by: User) -> Facts:
    is_own = wording != mail_templates.built_in(kind)
    return mail_facts.sample(organization, kind, by, is_own=is_own)


def letter(
    delivery: Delivery, wording: Wording, facts: Facts, notes: tuple[str, ...] | None = None
) -> Letter:
    """Both parts of a mail; `notes` stand under the text in place of the kind's own."""
    body = mail_bodies.render(wording.body, facts.values, facts.button)
    said = list(notes) if notes else facts.notes
    page = _environment().get_template("letter.html")
    return Letter(
        to=delivery.recipient,
        subject=_subject(wording, facts),
        text=body.text + "\n" + "\n\n".join(said) + "\n",
        html=page.render(heading=facts.heading, body=Markup(body.html), notes=said),  # noqa: S704
        message_id=delivery.message_id,
        sender_name=facts.heading,
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
