"""The facts of one mail, as plain strings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp import clock, config
from webapp.domain import user_agents
from webapp.domain.events import owner_notices
from webapp.domain.events.sentences import A_ROLE
from webapp.domain.letters import placeholders
from webapp.domain.letters.notes import BUTTONS, NOTES, UNSUBSCRIBE
from webapp.models import AccountNotice, Organization, User

SAMPLE_LINK = "https://gatehouse.example/this-link-is-made-up"


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one mail of a kind; every value is a plain string.

    `unsubscribe_link` is empty for mails that nobody but the recipient can cause.
    """

    kind: str
    heading: str
    values: dict[str, str]
    unsubscribe_link: str = ""

    @property
    def button(self) -> str:
        """The label of the button that opens the link."""
        return BUTTONS[self.kind].format_map(self.values)

    @property
    def notes(self) -> list[str]:
        """The notes under every text of this kind."""
        return [note.format_map(self.values) for note in NOTES[self.kind]]

    @property
    def unsubscribe_note(self) -> str:
        """The words before the unsubscribe link."""
        return UNSUBSCRIBE.format_map(self.values)


def sample(organization: Organization, kind: str, by: User, *, is_own: bool) -> Facts:
    """Made-up facts, with the real organization and admin.

    `is_own` tells whether the text is the organization's own: the built-in text of a password
    reset speaks for the whole installation.
    """
    name, email = "Bo Lind", "bo@example.org"
    expires = clock.now() + timedelta(days=7)
    if kind == "reset":
        sender = organization.name if is_own else None
        return reset(sender, name, email, SAMPLE_LINK, clock.now() + timedelta(hours=1))
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
        unsubscribe_link=SAMPLE_LINK,
        expires=expires,
    )


def invited(
    kind: str,
    organization: Organization,
    inviter: User | None,
    *,
    expires: datetime,
    role: str,
    unsubscribe_link: str,
    **values: str,
) -> Facts:
    """The facts of an invitation's mail; an inviter of None is the operator."""
    values |= {
        "organization": organization.name,
        "inviter": (name_of(inviter) if inviter else "") or organization.name,
        "invited_by": _invited_by(organization, inviter),
        "role": A_ROLE[role],
        "expires": clock.exact(expires),
    }
    return Facts(kind, organization.name, values, unsubscribe_link)


def _invited_by(organization: Organization, inviter: User | None) -> str:
    """Who invites, in full.

    Neither the name nor the address of an unverified inviter is given: whoever typed them may be
    somebody else.
    """
    if inviter is None:
        return f"The operator of Gatehouse at {config.current().public_host}"
    if not inviter.is_verified:
        return f"An admin of {organization.name}"
    return f"{inviter.full_name} ({inviter.email})"


def name_of(user: User) -> str:
    """The name that a mail may use; empty for an unverified account.

    Such a name may have been typed by somebody else, who must not put words into our mails.
    """
    return user.full_name if user.is_verified else ""


def confirmed(organization: Organization, email: str, link: str, unsubscribe_link: str) -> Facts:
    """The facts of a confirmation mail to an unverified account."""
    values = {
        "invitee": email,
        "organization": organization.name,
        "email": email,
        "link": link,
    }
    return Facts("confirmation", organization.name, values, unsubscribe_link)


def noticed(user: User, notice: AccountNotice) -> Facts:
    """The facts of a notice about a change to how the user signs in: what, when, from where."""
    settings, words = config.current(), owner_notices.told(notice)
    happened = f"{words.what.format(email=user.email)} on {clock.exact(notice.at)}"
    if notice.device or notice.address:
        where = notice.address or "unknown"
        happened += f", from {user_agents.name(notice.device)} (network address {where})"
    values = {
        "subject": words.subject,
        "invitee": user.full_name,
        "happened": f"{happened}.",
        "advice": words.advice,
        "email": user.email,
        "place": settings.public_host,
        "link": f"{settings.public_url}/password/forgot",
    }
    return Facts("notice", "Gatehouse", values)


def reset(
    sender: str | None,
    invitee: str,
    email: str,
    link: str,
    expires: datetime,
    unsubscribe_link: str = "",
) -> Facts:
    """The facts of a password reset; `sender` is an organization's name, None the installation."""
    place = config.current().public_host
    values = {
        "invitee": invitee,
        "organization": sender or f"Gatehouse at {place}",
        "email": email,
        "link": link,
        "expires": clock.exact(expires),
        "place": place,
    }
    return Facts("reset", sender or "Gatehouse", values, unsubscribe_link)


def webhook_stopped(organization: Organization, invitee: str, hosts: str) -> Facts:
    """The facts of a mail about stopped webhooks; of their addresses it names only the hosts."""
    values = {
        "invitee": invitee,
        "organization": organization.name,
        "webhooks": hosts,
        "link": f"{config.current().public_url}/orgs/{organization.slug}/settings/webhooks",
    }
    return Facts("webhook", organization.name, values)


def welcomed(organization: Organization, invitee: str, email: str, role: str) -> Facts:
    """The facts of the mail to somebody who has just joined."""
    values = {
        "invitee": invitee,
        "organization": organization.name,
        "email": email,
        "role": A_ROLE[role],
        "link": f"{config.current().public_url}/orgs/{organization.slug}",
    }
    return Facts("welcome", organization.name, values)
