"""The letter of each kind of mail, as of the moment in which it is sent; or why it is not sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db
from webapp.domain import letters
from webapp.domain.accounts import confirmations, password_resets
from webapp.domain.deliverability import suppressions
from webapp.domain.events import owner_notices
from webapp.domain.invitations import acceptances, link_status, links
from webapp.domain.letters import templates
from webapp.domain.organizations import permissions
from webapp.domain.outbox import claims
from webapp.domain.webhooks import stops
from webapp.mail_message import Letter
from webapp.models import Delivery, Invitation, Organization, Role, User

NOT_MAILED = "The address may not be mailed any more."


def _invitation(delivery: Delivery) -> Letter | None:
    """Carries an invitation's current link: the first mail, a new link or a reminder."""
    invitation = db.session.scalars(
        select(Invitation)
        .options(joinedload(Invitation.organization), joinedload(Invitation.inviter))
        .where(Invitation.id == delivery.invitation_id)
        .execution_options(populate_existing=True)
    ).one()
    if not invitation.organization.is_active:
        claims.put_back(delivery)  # it goes out when the organization goes on
        return None
    if not invitation.is_understood:
        claims.put_back(delivery)  # a later version wrote it, and will know what it means
        return None
    why = _why_not(delivery, invitation)
    if why is not None:
        claims.suppress(delivery, invitation, why)
        return None
    letter = letters.invitation(
        delivery,
        invitation,
        invitation.organization,
        invitation.inviter,
        links.address(invitation, links.MAILED),
    )
    return replace(letter, reply_to=_reply_to(invitation))


def _why_not(delivery: Delivery, invitation: Invitation) -> str | None:
    status = invitation.status(clock.now())
    if status != "pending":
        return f"The invitation was {status} before it was sent."
    if invitation.link_number != delivery.link_number:
        return "A newer link was made before it was sent."
    if link_status.is_closed(invitation):
        return "The inviter is no longer an admin."
    if suppressions.reasons(invitation.organization_id, [invitation.email_key]):
        return NOT_MAILED
    return None


def _reply_to(invitation: Invitation) -> str | None:
    """Whom an answer reaches where the organization wants it; only somebody's proved mailbox."""
    inviter = invitation.inviter
    if inviter is None or not invitation.organization.reply_to_inviter or not inviter.is_verified:
        return None
    return inviter.email


def _reset(delivery: Delivery) -> Letter | None:
    user = _account(delivery)
    if user is None or not _may_be_mailed(delivery, user):
        return None
    expires = clock.now() + timedelta(seconds=password_resets.SECONDS)
    joined = None if user.is_verified else letters.joined_by(user, user.confined_to_id)
    return letters.reset(delivery, user, password_resets.address(user), expires, joined)


def _confirmation(delivery: Delivery) -> Letter | None:
    found = _place(delivery)
    if found is None:
        return None
    organization, user = found
    if user.is_verified:
        claims.suppress(delivery, None, "The address was confirmed before it was sent.")
        return None
    if not _may_be_mailed(delivery, user):
        return None
    joined = letters.joined_by(user, organization.id)
    return letters.confirmation(delivery, organization, confirmations.address(user), joined)


def _may_be_mailed(delivery: Delivery, user: User) -> bool:
    """Whether the holder of a mailbox that nobody has proved has not asked for an end of it."""
    where = user.confined_to_id
    if where is None or not suppressions.reasons(where, [user.email_key]):
        return True
    claims.suppress(delivery, None, NOT_MAILED)
    return False


def _welcome(delivery: Delivery) -> Letter | None:
    found = _place(delivery)
    if found is None:
        return None
    organization, user = found
    role = permissions.role_of(organization.id, user.id, hold=False)
    if role is None:
        claims.suppress(delivery, None, "They were no member any more before it was sent.")
        return None
    if role not in set(Role):
        claims.put_back(delivery)
        return None
    return letters.welcome(delivery, organization, user, role)


def _trial(delivery: Delivery) -> Letter | None:
    found = _place(delivery)
    if found is None:
        return None
    draft = templates.draft_of(delivery)
    if draft is None:
        claims.suppress(delivery, None, "The text was forgotten before it was sent.")
        return None
    return letters.trial(delivery, draft, *found)


def _webhook_stopped(delivery: Delivery) -> Letter | None:
    found = _place(delivery)
    if found is None:
        return None
    organization, user = found
    if permissions.role_of(organization.id, user.id, hold=False) != Role.ADMIN:
        claims.suppress(delivery, None, "They were no admin any more before it was sent.")
        return None
    hosts = [one.host for one in stops.stopped(delivery)]
    if not hosts:
        claims.suppress(delivery, None, "The webhook was put right before it was sent.")
        return None
    return letters.webhook_stopped(delivery, organization, user, hosts)


def _notice(delivery: Delivery) -> Letter | None:
    user = _account(delivery)
    if user is None:
        return None
    notice = owner_notices.of(delivery)
    if notice is None:
        claims.suppress(delivery, None, "What it was about was forgotten before it was sent.")
        return None
    if notice.event not in owner_notices.TOLD:
        claims.put_back(delivery)
        return None
    return letters.notice(delivery, user, notice)


def _account(delivery: Delivery) -> User | None:
    """Whose account the mail is about; None, and the mail ended, once it was deleted."""
    user = db.session.get_one(User, delivery.user_id)
    if user.deleted_at:
        claims.suppress(delivery, None, "The account was deleted before it was sent.")
        return None
    return user


def _place(delivery: Delivery) -> tuple[Organization, User] | None:
    """The organization and the account of the mail; None while it has to wait, or has ended."""
    user = _account(delivery)
    if user is None:
        return None
    organization = db.session.get_one(Organization, delivery.organization_id)
    if not organization.is_active:
        claims.put_back(delivery)
        return None
    return organization, user


# One for each of mail_kinds.KINDS.
COMPOSERS: dict[str, Callable[[Delivery], Letter | None]] = {
    "invitation": _invitation,
    "resend": _invitation,
    "reminder": _invitation,
    "renewal": _invitation,
    "confirmation": _confirmation,
    password_resets.KIND: _reset,
    stops.KIND: _webhook_stopped,
    templates.TRIAL: _trial,
    owner_notices.KIND: _notice,
    acceptances.WELCOME: _welcome,
}
