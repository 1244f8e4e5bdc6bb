"""Inviting, and what an admin can do with an invitation until it ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select, update

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import addresses, events, organizations, tenant
from webapp.domain.addresses import Address
from webapp.domain.deliverability import deliveries
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor, versions
from webapp.domain.events.versions import Seen
from webapp.domain.invitations import eligibility, limits, links, terms
from webapp.domain.organizations import permissions
from webapp.models import Invitation, InvitationState, Organization, words_of

KEPT: Any = object()  # in place of a new value: as it is when the invitation is held


class _Raced(Exception):
    """The database's own index refused: somebody else was quicker."""


def create(
    organization: Organization,
    *,
    by: Actor,
    email: str,
    role: str,
    expiry_days: int | None = None,
    name: str | None = None,
    message: str | None = None,
    send: bool = True,
    before: Invitation | None = None,
) -> Invitation:
    """Invite one address; raises Refusal, which for an open invitation carries its id.

    `before` is the invitation that this one stands in for: its term is allowed, too.
    """
    address = addresses.parse(email)
    offer = terms.read(
        organization, role=role, expiry_days=expiry_days, name=name, message=message, before=before
    )
    try:
        return _create(organization, by, address, send, offer)
    except _Raced:
        standing = eligibility.look(organization, [address.key])
        raise eligibility.already_invited(address, standing.open.get(address.key)) from None


@transaction({"one_open_invitation": _Raced})
def _create(
    organization: Organization, by: Actor, address: Address, send: bool, offer: dict[str, object]
) -> Invitation:
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    standing = eligibility.look(organization, [address.key], hold=True)
    eligibility.refuse(organization, by, address, standing)
    expire([one.id for one in standing.overdue()])
    limits.count(organization, by)
    invitation = Invitation(**eligibility.draft(organization, by, address, offer, send=send))
    db.session.add(invitation)
    db.session.flush()
    record(invitation, "InvitationCreated", by, role=invitation.role, email=address.shown)
    if send:
        deliveries.to_invitee(invitation, "invitation", admitted=True)
    return invitation


@transaction()
def edit(
    organization: Organization,
    invitation_id: int,
    *,
    by: Actor,
    role: str = KEPT,
    expiry_days: int | None = None,
    name: str | None = KEPT,
    message: str | None = KEPT,
    seen: Seen | None = None,
) -> Invitation:
    """Change role, term, name or message of a pending invitation; no new link, no mail.

    What is not named stays. A new term counts from when the current link was made. Refuses when
    the invitation has changed since the caller saw it.
    """
    invitation = locked(organization, invitation_id, by)
    now = clock.now()
    if not invitation.is_pending(now):
        raise Refusal("Only an open invitation can be edited. This one has ended.")
    named: dict[str, Any] = {"role": role, "name": name, "message": message}
    offer = terms.read(
        organization,
        expiry_days=expiry_days,
        before=invitation,
        **{k: getattr(invitation, k) if v is KEPT else v for k, v in named.items()},
    )
    changed = [key for key, value in offer.items() if getattr(invitation, key) != value]
    told = partial(_last_edit, organization, invitation)
    versions.refuse_changed(seen, invitation, writes=changed, told=told)
    if not changed:
        return invitation
    issued_at = invitation.expires_at - timedelta(days=invitation.expiry_days)
    for key in changed:
        setattr(invitation, key, offer[key])
    invitation.words = words_of(vars(invitation))
    invitation.expires_at = issued_at + timedelta(days=invitation.expiry_days)
    if invitation.expires_at <= now:
        raise Refusal("With this term the link would already have ended.", "expiry_days")
    words = {"expiry_days": "the term"}
    record(
        invitation,
        "InvitationEdited",
        by,
        changed=", ".join(words.get(key, f"the {key}") for key in changed),
    )
    return invitation


def _last_edit(organization: Organization, invitation: Invitation) -> str | None:
    return versions.last_change(
        organization, "InvitationEdited", lambda event: event.invitation_id == invitation.id
    )


@transaction()
def revoke(organization: Organization, invitation_id: int, *, by: Actor) -> Invitation:
    """End the invitation and its link at once; revoking a revoked one is no error."""
    invitation = locked(organization, invitation_id, by)
    if invitation.state != InvitationState.REVOKED:
        refuse_ended(invitation)
        end(invitation, by=by)
    return invitation


def end(invitation: Invitation, *, by: Actor) -> None:
    """Revoke a locked invitation that has not ended, in the present transaction."""
    invitation.state = InvitationState.REVOKED
    invitation.ended_at = clock.now()
    record(invitation, "InvitationRevoked", by, email=invitation.email)


@transaction()
def copy_link(organization: Organization, invitation_id: int, *, by: Actor) -> str:
    """The current link, to be handed over by other means; changes nothing, but is on record."""
    invitation = locked(organization, invitation_id, by)
    if not invitation.is_open(clock.now(), hold=True):
        raise Refusal("This invitation has no working link. Resend it to make one.")
    record(invitation, "InvitationLinkCopied", by)
    return link(invitation)


def link(invitation: Invitation) -> str:
    """The current link as one copies it: it proves no mailbox (rule 10)."""
    return links.address(invitation, links.COPIED)


def find(organization: Organization, invitation_id: int) -> Invitation:
    """The organization's invitation of that id; raises NotFound, also for a foreign one."""
    return tenant.get(organization, Invitation, invitation_id, load=[Invitation.inviter])


def expire(ids: Sequence[int]) -> None:
    """Mark held invitations whose links ran out, in the present transaction."""
    if not ids:
        return
    due = Invitation.id.in_(ids)
    found = db.session.execute(
        select(Invitation.organization_id, Invitation.id, Invitation.email, Invitation.email_key)
        .where(due)
        .order_by(Invitation.organization_id, Invitation.id)
    )
    lines = [
        events.NewEvent(owner, number, {"email": email}, key) for owner, number, email, key in found
    ]
    events.record_many("InvitationExpired", lines, by="system")
    db.session.execute(
        update(Invitation)
        .where(due)
        .values(state=InvitationState.EXPIRED, ended_at=Invitation.expires_at)
        .execution_options(synchronize_session=False)
    )


def locked(organization: Organization, invitation_id: int, by: Actor) -> Invitation:
    """The invitation, locked and as it is now, for a verb of somebody who may change it."""
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    return tenant.get(organization, Invitation, invitation_id, lock="update")


def refuse_ended(invitation: Invitation) -> None:
    """Refuse when the invitation was accepted, revoked or declined: nothing leaves those."""
    if invitation.is_erased:
        raise Refusal("Whom this invitation was for has been erased. Invite the person anew.")
    if not invitation.may_be_resent:
        raise Refusal(f"This invitation was {invitation.state}, which is final.")


def record(invitation: Invitation, name: str, by: Actor | str, **data: object) -> None:
    """Add an event about the invitation, with its end where the event's keys ask for it."""
    if "expires_at" in events.EVENTS[name].keys:
        data["expires_at"] = invitation.expires_at.isoformat()
    events.record(invitation.organization_id, name, by=by, invitation=invitation, **data)
