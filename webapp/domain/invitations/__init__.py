"""Inviting, and what an admin can do with an invitation until it ends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from webapp import clock
from webapp.db import transaction
from webapp.domain import addresses, events, organizations, tenant
from webapp.domain.addresses import Address
from webapp.domain.deliverability import deliveries
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor, versions
from webapp.domain.events.versions import Seen
from webapp.domain.groups import invited
from webapp.domain.invitations import edits, eligibility, expiry, limits, links, terms
from webapp.domain.invitations.access import Access
from webapp.domain.invitations.statuses import refuse_ended as refuse_ended
from webapp.domain.invitations.terms import UNCHANGED
from webapp.domain.organizations import permissions, second_admin
from webapp.inserts import insert
from webapp.languages import gettext
from webapp.models import Invitation, InvitationState, JoinLink, Organization


class _Raced(Exception):
    """The database's unique index refused: somebody was quicker."""


def create(
    organization: Organization,
    *,
    by: Actor,
    email: str,
    role: str,
    expiry_days: int | None = None,
    name: str | None = None,
    message: str | None = None,
    language: str | None = UNCHANGED,
    groups: Sequence[str] | None = None,
    access: Access = UNCHANGED,
    by_link: JoinLink | None = None,
    approved: bool = False,
    send: bool = True,
) -> Invitation:
    """Invite one address; raises Refusal, which for an open invitation carries its id.

    `groups` are slugs, `by_link` the join link it came by, `approved` a request for it.
    """
    address = addresses.parse(email)
    words: Any = {"name": name, "message": message, "language": language, "groups": groups}
    offer = terms.read(organization, role=role, expiry_days=expiry_days, access=access, **words)
    offer |= terms.of_link(organization, by_link, chosen=approved)
    return _offer(organization, by, address, send, offer, approved)


def create_offered(
    organization: Organization, offer: dict[str, Any], *, by: Actor, email: str
) -> Invitation:
    """Invite one address by terms that were read before (`terms.read`)."""
    return _offer(organization, by, addresses.parse(email), True, offer)


def create_like(
    organization: Organization, earlier: Invitation, *, by: Actor, email: str, send: bool = True
) -> Invitation:
    """Invite one address by the terms of an earlier invitation."""
    address = addresses.parse(email)
    return _offer(organization, by, address, send, terms.repeated(organization, earlier))


def _offer(
    organization: Organization,
    by: Actor,
    address: Address,
    send: bool,
    offer: dict[str, Any],
    approved: bool = False,
) -> Invitation:
    try:
        return _create(organization, by, address, send, offer, approved)
    except _Raced:
        records = eligibility.look(organization, [address.key])
        raise eligibility.already_invited(address, records.open.get(address.key)) from None


@transaction({"one_open_invitation": _Raced})
def _create(
    organization: Organization,
    by: Actor,
    address: Address,
    send: bool,
    offer: dict[str, Any],
    approved: bool,
) -> Invitation:
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    second_admin.refuse(organization, offer["role"], by=by, approved=approved)
    records = eligibility.look(organization, [address.key], hold=True)
    eligibility.refuse(organization, by, address, records)
    expiry.expire([invitation.id for invitation in records.overdue()])
    limits.count(organization, by)
    invitation = insert(Invitation, eligibility.draft(organization, by, address, offer, send=send))
    slugs = invited.give(organization.id, {invitation.id: offer["groups"]}).get(invitation.id)
    told = {"role": invitation.role, "email": address.shown, "groups": slugs}
    record(invitation, "InvitationCreated", by, **told)
    if send:
        deliveries.to_invitee(invitation, "invitation", admitted=True)
    return invitation


@transaction()
def edit(
    organization: Organization,
    invitation_id: int,
    *,
    by: Actor,
    role: str = UNCHANGED,
    expiry_days: int | None = None,
    name: str | None = UNCHANGED,
    message: str | None = UNCHANGED,
    language: str | None = UNCHANGED,
    groups: Sequence[str] = UNCHANGED,
    access: Access = UNCHANGED,
    seen: Seen | None = None,
) -> Invitation:
    """Change role, term, access, words or groups of a pending invitation; no new link, no mail.

    A new term counts from when the current link was made. Refuses when the invitation has changed
    since the caller saw it.
    """
    invitation = locked(organization, invitation_id, by)
    if not invitation.is_pending(clock.now()):
        ended = gettext("You can only edit an invitation that is still open. This one has ended.")
        raise Refusal(ended)
    words = {"name": name, "message": message, "language": language, "groups": groups}
    offer = terms.edited(
        organization, invitation, role=role, expiry_days=expiry_days, access=access, **words
    )
    second_admin.refuse(organization, offer["role"], by=by, before=invitation.role)
    changes = {key: value for key, value in offer.items() if getattr(invitation, key) != value}
    last_edit = partial(edits.last, organization, invitation)
    versions.refuse_changed(seen, invitation, writes=list(changes), told=last_edit)
    if changes:
        edits.apply(invitation, changes)
        record(invitation, "InvitationEdited", by, changed=edits.words(changes))
    return invitation


@transaction()
def revoke(organization: Organization, invitation_id: int, *, by: Actor) -> Invitation:
    """End the invitation and its link at once; revoking it twice is no error."""
    invitation = locked(organization, invitation_id, by)
    if invitation.state != InvitationState.REVOKED:
        refuse_ended(invitation)
        end(invitation, by=by)
    return invitation


def end(invitation: Invitation, *, by: Actor) -> None:
    """Revoke a locked invitation that has not ended, in the current transaction."""
    invitation.state = InvitationState.REVOKED
    invitation.ended_at = clock.now()
    record(invitation, "InvitationRevoked", by, email=invitation.email)


@transaction()
def copy_link(organization: Organization, invitation_id: int, *, by: Actor) -> str:
    """The current link, to hand over by other means; recorded as an event."""
    invitation = locked(organization, invitation_id, by)
    if not invitation.is_open(clock.now(), hold=True):
        raise Refusal(gettext("This invitation has no working link. Resend it to make one."))
    record(invitation, "InvitationLinkCopied", by)
    return link(invitation)


def link(invitation: Invitation) -> str:
    """The current link for copying: it proves no mailbox (rule 10)."""
    return links.address(invitation, links.COPIED)


def find(organization: Organization, invitation_id: int) -> Invitation:
    """The organization's invitation with that id; raises NotFound, also for another's."""
    return tenant.get(organization, Invitation, invitation_id, load=[Invitation.inviter])


def locked(organization: Organization, invitation_id: int, by: Actor) -> Invitation:
    """The invitation, locked and read afresh; refuses an actor who may not change it."""
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    return tenant.get(organization, Invitation, invitation_id, lock="update")


def record(invitation: Invitation, name: str, by: Actor | str, **data: object) -> None:
    """Add an event about the invitation, with `expires_at` where the event has that key."""
    if "expires_at" in events.EVENTS[name].keys:
        data["expires_at"] = invitation.expires_at.isoformat()
    events.record(invitation.organization_id, name, by=by, invitation=invitation, **data)
