"""Links held against their invitations: how each stands, and what it asks for."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import events, tenant
from webapp.domain.accounts import people
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.invitations import links
from webapp.domain.organizations import permissions
from webapp.models import Invitation, Membership, User

log = logging.getLogger("gatehouse.web")


class Standing(StrEnum):
    """How a link of ours stands; every one but OPEN is the end of it."""

    OPEN = "open"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    DECLINED = "declined"
    ACCEPTED = "accepted"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Opening:
    """A link held against its invitation."""

    invitation: Invitation
    standing: Standing
    mailed: bool
    account: User | None

    @property
    def takes_over(self) -> bool:
        """Whether a mailed link stands against an account nobody has proved to own (rule 10)."""
        return self.mailed and self.account is not None and not self.account.is_verified

    @property
    def asks_for_account(self) -> bool:
        """Whether a name and a password are asked for, and not the password of an account alone.

        A copied link asks for both in any case: whoever made it, or has it from somebody, learns
        nothing about accounts by it (rule 16).
        """
        return not self.mailed or self.account is None or self.takes_over


class Gone(Refusal):
    """The link has ended, before or while the form was filled in."""

    status = 410


def look(token: str) -> Opening:
    """How the token's invitation stands; changes nothing. Raises NotFound for no link of ours."""
    link = links.read(token)
    opening = hold_against(link, lock=False)
    if opening.standing is Standing.CLOSED or not opening.asks_for_account:
        # Between the invitation's reading and the inviter's or the account's, the invitation may
        # have been taken over or accepted: what is said here is final for whoever reads it.
        db.session.expire(opening.invitation)
        opening = hold_against(link, lock=False)
    return opening


def invited(token: str) -> tuple[str, User | None]:
    """The key of the address that a link of ours invites, and its account; raises NotFound."""
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
    """Write down that the link was opened, the first time only; the page is shown in any case."""
    try:
        _note_opened(token)
    except SQLAlchemyError as error:
        log.warning("that a link was opened was not written down: %s", type(error).__name__)


@transaction()
def _note_opened(token: str) -> None:
    link = links.read(token)
    first = db.session.execute(
        update(Invitation)
        .where(
            Invitation.id == link.invitation_id,
            Invitation.organization_id == link.organization_id,
            Invitation.opened_at.is_(None),
        )
        .values(opened_at=clock.now())
    )
    if first.rowcount:  # type: ignore[attr-defined]
        invitation = db.session.get_one(Invitation, link.invitation_id)
        events.record(link.organization_id, "InvitationOpened", by="invitee", invitation=invitation)


def hold_against(link: links.Link, *, lock: bool) -> Opening:
    """The link against its invitation as it is now, locked for a verb; raises NotFound."""
    its = [Invitation.organization, Invitation.inviter]
    held: tenant.Lock | None = "update" if lock else None
    invitation = tenant.find(
        link.organization_id, Invitation, link.invitation_id, load=its, lock=held
    )
    if invitation is None:
        raise _not_ours()
    account = people.by_key(invitation.email_key)
    return Opening(invitation, _standing(link, invitation, hold=lock), link.mailed, account)


def _standing(link: links.Link, invitation: Invitation, *, hold: bool) -> Standing:
    current = links.is_current(link, invitation)
    if not current and not links.is_earlier(link, invitation):
        raise _not_ours()
    if invitation.state in ("accepted", "revoked", "declined"):
        return Standing(invitation.state)
    if invitation.is_erased:
        return Standing.CLOSED  # a new link would be mailed to nobody
    if not invitation.is_understood:
        return Standing.CLOSED  # whatever a later version means by it, it is no right to join
    if not current:
        return Standing.SUPERSEDED
    if invitation.is_expired(clock.now()):
        return Standing.EXPIRED
    return Standing.CLOSED if is_closed(invitation, hold=hold) else Standing.OPEN


def is_closed(invitation: Invitation, *, hold: bool = True) -> bool:
    """Whether the organization is suspended, or the inviter no longer an active admin (rule 9)."""
    return not (invitation.organization.is_active and invitation.is_backed(hold))


def whom_to_ask(invitation: Invitation) -> str:
    """Who can help somebody whose link has ended: never a person who is gone."""
    organization, inviter = invitation.organization, invitation.inviter
    if inviter is not None and invitation.is_backed():
        return inviter.full_name
    an_admin = select(Membership.id).where(
        Membership.organization_id == organization.id, Membership.is_active_admin
    )
    has_admins = db.session.scalar(an_admin.limit(1)) is not None
    return f"an admin of {organization.name}" if has_admins else organization.name


def has_let_in(opening: Opening, user: User | None) -> bool:
    """Whether the user has joined by this very invitation, and is a member still."""
    invitation = opening.invitation
    if user is None or opening.standing is not Standing.ACCEPTED or invitation.user_id != user.id:
        return False
    return permissions.role_of(invitation.organization_id, user.id, hold=False) is not None


def refuse_ended(opening: Opening) -> None:
    """Raise Gone unless the link can still be used."""
    if opening.standing is not Standing.OPEN:
        raise Gone("This link has ended.")


def _not_ours() -> NotFound:
    return NotFound("This is not a link of ours. Check that you copied all of it.")
