"""The facts of one mail, as plain strings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from webapp import config, formats, languages
from webapp.domain import user_agents
from webapp.domain.events import owner_notices
from webapp.domain.events.sentences import A_ROLE
from webapp.domain.letters.notes import (
    BUTTONS,
    FOOTER,
    INVITER_KINDS,
    NOTES,
    UNSUBSCRIBE,
    UNSUBSCRIBE_INVITER,
)
from webapp.domain.organizations import colors
from webapp.languages import Language, gettext
from webapp.models import AccountNotice, Organization, User


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one mail of a kind; every value is a plain string.

    `unsubscribe_link` is empty for mails that nobody but the recipient can cause.
    """

    kind: str
    heading: str
    values: dict[str, str]
    unsubscribe_link: str = ""
    color: str = colors.USUAL

    @property
    def door(self) -> colors.Color:
        """The shades of the button."""
        return colors.named(self.color)

    @property
    def language(self) -> Language:
        """The language that the mail is being written in."""
        return languages.current()

    @property
    def button(self) -> str:
        """The label of the button that opens the link."""
        return gettext(BUTTONS[self.kind]).format_map(self.values)

    @property
    def notes(self) -> list[str]:
        """The notes under every text of this kind."""
        return [
            gettext(note).format_map({"access": "", **self.values}).rstrip()
            for note in NOTES[self.kind]
        ]

    @property
    def unsubscribe_note(self) -> str:
        """The words before the unsubscribe link."""
        words = UNSUBSCRIBE_INVITER if self.kind in INVITER_KINDS else UNSUBSCRIBE
        return gettext(words).format_map(self.values)

    @property
    def footer(self) -> str:
        """The last line of every mail: what sent it, for people who know only the organization."""
        return gettext(FOOTER).format(place=config.current().public_host)

    @property
    def last_notes(self) -> list[str]:
        """What follows the notes: how to unsubscribe, if that is possible, and the footer."""
        link = self.unsubscribe_link
        return [f"{self.unsubscribe_note}\n{link}", self.footer] if link else [self.footer]


def invited(
    kind: str,
    organization: Organization,
    inviter: User | None,
    *,
    expires: datetime,
    role: str,
    unsubscribe_link: str,
    access: str = "",
    **values: str,
) -> Facts:
    """The facts of an invitation's mail; an inviter of None is the operator."""
    values |= {
        "organization": organization.name,
        "inviter": (name_of(inviter) if inviter else "") or organization.name,
        "invited_by": _invited_by(organization, inviter),
        "role": gettext(A_ROLE[role]),
        "expires": formats.exact(expires),
        "access": access,
    }
    return Facts(kind, organization.name, values, unsubscribe_link, organization.color)


def _invited_by(organization: Organization, inviter: User | None) -> str:
    """Who invites, in full.

    Neither the name nor the address of an unverified inviter is given: whoever typed them may be
    somebody else.
    """
    if inviter is None:
        return gettext("The operator of Gatehouse at %(place)s", place=config.current().public_host)
    if not inviter.is_verified:
        return gettext("An admin of %(organization)s", organization=organization.name)
    return f"{inviter.full_name} ({inviter.email})"


def name_of(user: User) -> str:
    """The name that a mail may use; empty for an unverified account.

    Such a name may have been typed by somebody else, who must not put words into our mails.
    """
    return user.full_name if user.is_verified else ""


def confirmed(organization: Organization, email: str, link: str, unsubscribe_link: str) -> Facts:
    """The facts of a confirmation mail to an unverified account."""
    values = {
        "invitee": "",  # nobody knows yet whose name it is
        "organization": organization.name,
        "email": email,
        "link": link,
    }
    return Facts("confirmation", organization.name, values, unsubscribe_link, organization.color)


def noticed(user: User, notice: AccountNotice) -> Facts:
    """The facts of a notice about a change to how the user signs in: what, when, from where."""
    settings, words = config.current(), owner_notices.text_of(notice)
    where = ""
    if notice.device or notice.address:
        where = gettext(
            ", from %(device)s (network address %(address)s)",
            device=user_agents.name(notice.device),
            address=notice.address or gettext("unknown"),
        )
    facts = {"time": formats.exact(notice.at), "email": user.email, "where": where}
    values = {
        "subject": gettext(words.subject),
        "invitee": user.full_name,
        "happened": gettext(words.what).format_map(facts),
        "advice": " ".join(gettext(sentence) for sentence in words.advice),
        "email": user.email,
        "place": settings.public_host,
        "link": f"{settings.public_url}/password/forgot",
    }
    return Facts("notice", "Gatehouse", values)


def reset(
    sender: Organization | None,
    invitee: str,
    email: str,
    link: str,
    expires: datetime,
    unsubscribe_link: str = "",
) -> Facts:
    """The facts of a password reset; a `sender` of None is the installation."""
    place = config.current().public_host
    values = {
        "invitee": invitee,
        "organization": sender.name if sender else gettext("Gatehouse at %(place)s", place=place),
        "email": email,
        "link": link,
        "expires": formats.exact(expires),
        "place": place,
    }
    if sender is None:
        return Facts("reset", "Gatehouse", values, unsubscribe_link)
    return Facts("reset", sender.name, values, unsubscribe_link, sender.color)


def webhook_stopped(organization: Organization, invitee: str, hosts: str) -> Facts:
    """The facts of a mail about stopped webhooks; of their addresses it names only the hosts."""
    values = {
        "invitee": invitee,
        "organization": organization.name,
        "webhooks": hosts,
        "link": f"{config.current().public_url}/orgs/{organization.slug}/settings/webhooks",
    }
    return Facts("webhook", organization.name, values, color=organization.color)


def welcomed(organization: Organization, invitee: str, email: str, role: str) -> Facts:
    """The facts of the mail to somebody who has just joined."""
    values = {
        "invitee": invitee,
        "organization": organization.name,
        "email": email,
        "role": gettext(A_ROLE[role]),
        "link": f"{config.current().public_url}/orgs/{organization.slug}",
    }
    return Facts("welcome", organization.name, values, color=organization.color)
