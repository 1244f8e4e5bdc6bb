"""Links and the invitations they belong to: whether a link still works, and what it asks for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import events, tenant
from webapp.domain.accounts import people
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.invitations import access, links, openings
from webapp.domain.organizations import permissions
from webapp.languages import gettext
from webapp.models import Invitation, Membership, User

log = logging.getLogger("gatehouse.web")


class LinkStatus(StrEnum):
    """The status of one of our links; only an OPEN one works."""

    OPEN = "open"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    DECLINED = "declined"
    ACCEPTED = "accepted"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Opening:
    """A link and its invitation, as somebody opens it."""

    invitation: Invitation
    status: LinkStatus
    mailed: bool
    account: User | None

    @property
    def language(self) -> str | None:
        """The language in which the invitation was sent."""
        return self.invitation.language or self.invitation.organization.language

    @property
    def access(self) -> str:
        """How long the access lasts that it gives, in a sentence; empty without an end."""
        return access.in_words(self.invitation)

    @property
    def takes_over(self) -> bool:
        """Whether a mailed link meets an account that nobody has proved to own (rule 10)."""
        return self.mailed and self.account is not None and not self.account.is_verified

    @property
    def asks_for_account(self) -> bool:
        """Whether the form asks for a name and a new password, not only an account's password.

        A copied link always does: nobody who holds one learns whether there is an account
        (rule 16).
        """
        return not self.mailed or self.account is None or self.takes_over


class Gone(Refusal):
    """The link has ended, before or while the form was filled in."""

    status = 410


def look(token: str) -> Opening:
    """The token's link with its invitation; changes nothing. Raises NotFound if it is not ours."""
    link = links.read(token)
    found = openings.find(link)
    if found is None:
        raise _not_ours()
    invitation, account, is_backed = found
    return Opening(invitation, _status(link, invitation, lambda: is_backed), link.mailed, account)


def invited(token: str) -> tuple[str, User | None]:
    """The key of the invited address and its account; raises NotFound if the link is not ours."""
    link = links.read(token)
    email_key = db.session.scalar(
        select(Invitation.email_key).where(
            Invitation.id == link.invitation_id,
            Invitation.organization_id == link.organization_id,
        )
    )
    if email_key is None:
        raise _not_ours()
    return email_key, people.by_key(email_key)


def note_opened(token: str) -> None:
    """Record that the link was opened, the first time only; a failure does not stop the page."""
    try:
        _note_opened(token)
    except SQLAlchemyError as error:
        log.warning("that a link was opened was not written down: %s", type(error).__name__)


@transaction()
def _note_opened(token: str) -> None:
    link = links.read(token)
    updated = db.session.execute(
        update(Invitation)
        .where(
            Invitation.id == link.invitation_id,
            Invitation.organization_id == link.organization_id,
            Invitation.opened_at.is_(None),
        )
        .values(opened_at=clock.now())
    )
    if updated.rowcount:  # type: ignore[attr-defined]
        invitation = db.session.get_one(Invitation, link.invitation_id)
        events.record(link.organization_id, "InvitationOpened", by="invitee", invitation=invitation)


def held(link: links.Link) -> Opening:
    """The link with its invitation, read afresh and locked; raises NotFound."""
    invitation = tenant.find(
        link.organization_id,
        Invitation,
        link.invitation_id,
        load=[Invitation.organization, Invitation.inviter],
        lock="update",
    )
    if invitation is None:
        raise _not_ours()
    account = people.by_key(invitation.email_key)
    is_backed = partial(invitation.is_backed, hold=True)
    return Opening(invitation, _status(link, invitation, is_backed), link.mailed, account)


def _status(link: links.Link, invitation: Invitation, is_backed: Callable[[], bool]) -> LinkStatus:
    current = links.is_current(link, invitation)
    if not current and not links.is_earlier(link, invitation):
        raise _not_ours()
    if invitation.state in ("accepted", "revoked", "declined"):
        return LinkStatus(invitation.state)
    if invitation.is_erased:
        return LinkStatus.CLOSED  # a new link would be mailed to nobody
    if not invitation.is_understood:
        return LinkStatus.CLOSED  # a later version wrote it: no right to join
    if links.was_cut(link, invitation):
        return LinkStatus.CLOSED
    if not current:
        return LinkStatus.SUPERSEDED
    if invitation.is_expired(clock.now()):
        return LinkStatus.EXPIRED
    is_open = invitation.organization.is_active and is_backed()
    return LinkStatus.OPEN if is_open else LinkStatus.CLOSED


def is_closed(invitation: Invitation) -> bool:
    """Whether the organization is suspended or the inviter is no longer an admin (rule 9)."""
    return not (invitation.organization.is_active and invitation.is_backed(hold=True))


def whom_to_ask(invitation: Invitation) -> str:
    """Who can help somebody whose link has ended; never a person who has left."""
    organization, inviter = invitation.organization, invitation.inviter
    if inviter is not None and invitation.is_backed():
        return inviter.full_name
    admins = select(Membership.id).where(
        Membership.organization_id == organization.id, Membership.is_active_admin
    )
    has_admins = db.session.scalar(admins.limit(1)) is not None
    if not has_admins:
        return organization.name
    return gettext("an admin of %(organization)s", organization=organization.name)


def has_let_in(opening: Opening, user: User | None) -> bool:
    """Whether the user joined by this invitation and is still a member."""
    invitation = opening.invitation
    if user is None or opening.status is not LinkStatus.ACCEPTED or invitation.user_id != user.id:
        return False
    return permissions.role_of(invitation.organization_id, user.id, hold=False) is not None


def refuse_ended(opening: Opening) -> None:
    """Raise Gone unless the link can still be used."""
    if opening.status is not LinkStatus.OPEN:
        raise Gone(gettext("This link has ended."))


def _not_ours() -> NotFound:
    return NotFound(gettext("This link does not work. Check that you copied all of it."))
