"""What the mails say: built-in texts, filled with one invitation's facts."""

from __future__ import annotations

import functools
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from webapp import clock, config
from webapp.domain.events import A_ROLE
from webapp.mailer import Letter
from webapp.models import Delivery, Invitation, Organization, User


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


def invitation(
    delivery: Delivery,
    invitation: Invitation,
    organization: Organization,
    inviter: User | None,
    link: str,
) -> Letter:
    """The mail that carries an invitation's link."""
    return _letter(
        "invitation",
        delivery,
        organization.name,
        invitee=invitation.name,
        inviter=inviter.full_name if inviter else None,
        inviter_email=inviter.email if inviter else None,
        role=A_ROLE[invitation.role],
        message=invitation.message,
        link=link,
        expires=clock.exact(invitation.expires_at),
        asked_for=delivery.kind == "renewal",
    )


def confirmation(delivery: Delivery, organization: Organization, user: User, link: str) -> Letter:
    """The mail by which the holder of a mailbox takes over its unverified account."""
    return _letter("confirmation", delivery, organization.name, invitee=user.full_name, link=link)


def reset(delivery: Delivery, user: User, link: str, expires: datetime) -> Letter:
    """The mail that carries the link to set a new password."""
    return _letter(
        "reset",
        delivery,
        "Gatehouse",
        # An unverified account's name was typed by nobody knows whom.
        invitee=user.full_name if user.is_verified else None,
        place=config.current().public_host,
        link=link,
        expires=clock.exact(expires),
    )


def _letter(name: str, delivery: Delivery, sender: str, **facts: object) -> Letter:
    facts |= {"organization": sender, "email": delivery.recipient}
    subject = _environment().get_template(f"{name}/subject.txt").render(facts)
    return Letter(
        to=delivery.recipient,
        subject=" ".join(subject.split()),
        text=_environment().get_template(f"{name}/body.txt").render(facts),
        html=_environment().get_template(f"{name}/body.html").render(facts),
        message_id=delivery.message_id,
        sender_name=sender,
    )
