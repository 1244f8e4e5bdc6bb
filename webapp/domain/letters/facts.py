"""What one mail is about, as plain strings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp import clock, config
from webapp.domain import user_agents
from webapp.domain.events import owner_notices
from webapp.domain.events.sentences import A_ROLE
from webapp.domain.letters import placeholders
from webapp.domain.letters.notes import BUTTONS, NOTES, STOP
from webapp.models import AccountNotice, Organization, User

SAMPLE_LINK = "https://gatehouse.example/this-link-is-made-up"


@dataclass(frozen=True, slots=True)
class Facts:
    """What one mail of a kind is about; every value is a plain string.

    `stop` is the address of the page where its reader ends such mails, if others can cause them.
    """

    kind: str
    heading: str
    values: dict[str, str]
    stop: str = ""

    @property
    def button(self) -> str:
        """What the button says that carries the link."""
        return BUTTONS[self.kind].format_map(self.values)

    @property
    def notes(self) -> list[str]:
        """What is said under every text of this kind."""
        return [note.format_map(self.values) for note in NOTES[self.kind]]

    @property
    def stopping(self) -> str:
        """What is said before the address at which such mails are ended."""
        return STOP.format_map(self.values)


def sample(organization: Organization, kind: str, by: User, *, is_own: bool) -> Facts:
    """Made-up facts around the real organization and the admin who looks.

    `is_own` tells whether the text is the organization's own: the built-in one of a password
    reset speaks for the whole installation.
    """
    name, email = "Bo Lind", "bo@example.org"
    expires = clock.now() + timedelta(days=7)
    if kind == "reset":
        own = organization.name if is_own else None
        return reset(own, name, email, SAMPLE_LINK, clock.now() + timedelta(hours=1))
    if kind == "welcome":
        facts = welcomed(organization, name, email, "contributor")
        facts.values[placeholders.LINK] = SAMPLE_LINK
        return facts
    return invited(
        kind,
        organization,
        by,
        invitee=name,
        email=email,
        role="contributor",
        message="We would be glad to have you.\nCome and look around.",
        link=SAMPLE_LINK,
        stop=SAMPLE_LINK,
        expires=expires,
    )


def invited(
    kind: str,
    organization: Organization,
    inviter: User | None,
    *,
    expires: datetime,
    role: str,
    stop: str,
    **values: str,
) -> Facts:
    """About an invitation; an inviter of None is the operator."""
    values |= {
        "organization": organization.name,
        "inviter": (name_of(inviter) if inviter else "") or organization.name,
        "invited_by": _invited_by(organization, inviter),
        "role": A_ROLE[role],
        "expires": clock.exact(expires),
    }
    return Facts(kind, organization.name, values, stop)


def _invited_by(organization: Organization, inviter: User | None) -> str:
    """Who invites, in full.

    Neither the name nor the address of an unverified inviter is told: both were typed by
    somebody who may be another person.
    """
    if inviter is None:
        return f"The operator of Gatehouse at {config.current().public_host}"
    if not inviter.is_verified:
        return f"An admin of {organization.name}"
    return f"{inviter.full_name} ({inviter.email})"


def name_of(user: User) -> str:
    """The person's name as a mail may say it; none for an account that nobody has proved to own.

    Whoever made it by a copied link typed the name, and the mail would carry their words.
    """
    return user.full_name if user.is_verified else ""


def confirmed(organization: Organization, email: str, link: str, stop: str) -> Facts:
    """About an account that nobody has proved to own."""
    values = {
        "invitee": email,
        "organization": organization.name,
        "email": email,
        "link": link,
    }
    return Facts("confirmation", organization.name, values, stop)


def noticed(user: User, notice: AccountNotice) -> Facts:
    """About a change to how one signs in: what, when and from where."""
    settings, told = config.current(), owner_notices.text_of(notice)
    what = f"{told.what.format(email=user.email)} on {clock.exact(notice.at)}"
    if notice.device or notice.address:
        where = notice.address or "unknown"
        what += f", from {user_agents.name(notice.device)} (network address {where})"
    values = {
        "subject": told.subject,
        "invitee": user.full_name,
        "happened": f"{what}.",
        "advice": told.advice,
        "email": user.email,
        "place": settings.public_host,
        "link": f"{settings.public_url}/password/forgot",
    }
    return Facts("notice", "Gatehouse", values)


def reset(
    own: str | None, invitee: str, email: str, link: str, expires: datetime, stop: str = ""
) -> Facts:
    """About an account, in the name of the organization `own`, or of the installation."""
    place = config.current().public_host
    values = {
        "invitee": invitee,
        "organization": own or f"Gatehouse at {place}",
        "email": email,
        "link": link,
        "expires": clock.exact(expires),
        "place": place,
    }
    return Facts("reset", own or "Gatehouse", values, stop)


def webhook_stopped(organization: Organization, invitee: str, hosts: str) -> Facts:
    """About webhooks that were switched off; of their addresses only the hosts."""
    values = {
        "invitee": invitee,
        "organization": organization.name,
        "webhooks": hosts,
        "link": f"{config.current().public_url}/orgs/{organization.slug}/settings/webhooks",
    }
    return Facts("webhook", organization.name, values)


def welcomed(organization: Organization, invitee: str, email: str, role: str) -> Facts:
    """About somebody who has just joined."""
    values = {
        "invitee": invitee,
        "organization": organization.name,
        "email": email,
        "role": A_ROLE[role],
        "link": f"{config.current().public_url}/orgs/{organization.slug}",
    }
    return Facts("welcome", organization.name, values)
