"""The letters that are sent: a wording, the facts of one mail, and what Gatehouse always says."""

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
        stop=unsubscribes.address(invitation),
    )
    return letter(delivery, templates.present(organization, kind).wording, facts)


def welcome(delivery: Delivery, organization: Organization, user: User, role: str) -> Letter:
    """The mail to somebody who has just joined; its link leads in, and carries no secret."""
    facts = letter_facts.welcomed(
        organization, letter_facts.name_of(user), delivery.recipient, role
    )
    return letter(delivery, templates.present(organization, "welcome").wording, facts)


def webhook_stopped(
    delivery: Delivery, organization: Organization, admin: User, hosts: list[str]
) -> Letter:
    """The mail to an admin about webhooks that kept failing."""
    facts = letter_facts.webhook_stopped(
        organization, letter_facts.name_of(admin), ", ".join(hosts)
    )
    return letter(delivery, templates.built_in("webhook"), facts)


def joined_by(user: User, organization_id: int | None) -> Invitation | None:
    """The invitation by which the account came into the organization."""
    return db.session.scalar(
        select(Invitation)
        .where(Invitation.organization_id == organization_id, Invitation.user_id == user.id)
        .order_by(Invitation.id.desc())
        .limit(1)
    )


def reset(
    delivery: Delivery, user: User, link: str, expires: datetime, joined: Invitation | None
) -> Letter:
    """The mail that carries the link to set a new password.

    In an organization's own words only for a verified account that is in that one alone: nobody
    else's mail is theirs to write. Whoever reads the mail of an unverified one, which `joined` by
    that invitation, may never have heard of us: they are told how to end it.
    """
    present = None
    homes = memberships.of(user) if user.is_verified else []
    if len(homes) == 1:
        present = templates.present(homes[0].organization, "reset")
    own = homes[0].organization.name if present and present.is_own else None
    invitee = letter_facts.name_of(user) or delivery.recipient
    stop = unsubscribes.address(joined) if joined else ""
    facts = letter_facts.reset(own, invitee, delivery.recipient, link, expires, stop)
    wording = present.wording if present and own else templates.built_in("reset")
    return letter(delivery, wording, facts)


def confirmation(
    delivery: Delivery, organization: Organization, link: str, joined: Invitation | None
) -> Letter:
    """The mail by which the holder of a mailbox takes over its unverified account."""
    stop = unsubscribes.address(joined) if joined else ""
    facts = letter_facts.confirmed(organization, delivery.recipient, link, stop)
    return letter(delivery, templates.built_in("confirmation"), facts)


def notice(delivery: Delivery, user: User, about: AccountNotice) -> Letter:
    """The mail to an account's owner about a change to how they sign in."""
    facts = letter_facts.noticed(user, about)
    return letter(delivery, templates.built_in("notice"), facts)


def trial(delivery: Delivery, draft: MailDraft, organization: Organization, by: User) -> Letter:
    """The mail by which an admin looks at a text: made-up facts, and a link that leads nowhere."""
    facts = _sample(organization, draft.kind, Wording(draft.subject, draft.body), by)
    wording = Wording(f"Test: {draft.subject}", draft.body)
    return letter(delivery, wording, facts, (TRIED, *facts.notes))


def preview(organization: Organization, kind: str, *, by: User, subject: str, body: str) -> Preview:
    """The mail as it would be, with made-up facts; for a text that was found in order."""
    wording = Wording(subject, body)
    facts = _sample(organization, kind, wording, by)
    parts = bodies.render(body, facts.values, facts.button, styled=False)
    notes = [*facts.notes, *([f"{facts.stopping} {facts.stop}"] if facts.stop else [])]
    return Preview(
        f"{facts.heading} <{config.current().from_email}>",
        facts.heading,
        _subject(wording, facts),
        parts.text + "\n" + "\n\n".join(notes) + "\n",
        Markup(parts.html),  # noqa: S704 - an allow-list of tags has been over it
        notes,
    )


def checked_preview(
    organization: Organization, kind: str, *, by: User, subject: str, body: str
) -> Preview:
    """The same for a text just typed; raises Refusals that name the lines."""
    wording = wordings.checked(kind, subject, body)
    return preview(organization, kind, by=by, **wording._asdict())


def _sample(organization: Organization, kind: str, wording: Wording, by: User) -> Facts:
    is_own = wording != templates.built_in(kind)
    return letter_facts.sample(organization, kind, by, is_own=is_own)


def letter(
    delivery: Delivery, wording: Wording, facts: Facts, notes: tuple[str, ...] | None = None
) -> Letter:
    """Both parts of a mail; `notes` stand under the text in place of the kind's own."""
    body = bodies.render(wording.body, facts.values, facts.button)
    said = list(notes) if notes else facts.notes
    page = _environment().get_template("letter.html")
    stop = [f"{facts.stopping}\n{facts.stop}"] if facts.stop else []
    return Letter(
        to=delivery.recipient,
        subject=_subject(wording, facts),
        text=body.text + "\n" + "\n\n".join([*said, *stop]) + "\n",
        html=page.render(facts=facts, body=Markup(body.html), notes=said),  # noqa: S704
        message_id=delivery.message_id,
        sender_name=facts.heading,
        headers=unsubscribes.headers(facts.stop) if facts.stop else (),
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
