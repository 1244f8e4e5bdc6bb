"""What people do themselves: leaving an organization, and deleting their account."""

from __future__ import annotations

from sqlalchemy import delete

from webapp import formats, queue, sqlite_remains
from webapp.db import db, transaction
from webapp.domain import events, organizations, tenant
from webapp.domain.accounts import api_keys, guesses, kept_forms, people, second_factors, sessions
from webapp.domain.deliverability import deliveries
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.invitations import inviter_handover
from webapp.domain.links import handover
from webapp.domain.members import holding, sponsors
from webapp.domain.organizations import memberships
from webapp.languages import gettext as _
from webapp.models import Membership, OidcSubject, Organization, User

CLEAR = "jobs.sweeps.erase"  # also clears erased values from the database file


@transaction()
def leave(organization: Organization, membership_id: int, *, by: User) -> None:
    """End the actor's membership and revoke the open invitations they sent (rule 15).

    Refuses the last active admin. Coming back takes a new invitation.
    """
    organizations.hold(organization)
    membership = memberships.find(organization, membership_id)
    if membership.user_id != by.id or not membership.has_access:
        raise tenant.unknown(Membership)
    if holding.is_last_admin(membership):
        raise _last_admin([organization.name])
    depart(membership, by)
    sessions.forget_organization(by, organization.id)
    events.record(organization, "MemberLeft", by=by, user_id=by.id, email=by.email)


def delete_account(by: User, *, password: str) -> None:
    """Delete the actor's account everywhere; the password proves that they are its owner.

    Refuses the last active admin of any organization. Organizations keep their records of
    inviting this person.
    """
    _delete_account(by, guesses.known_hash(by, password, guesses.wrong_password()))


@transaction()
def _delete_account(by: User, password_hash: str) -> None:
    own_memberships = memberships.everywhere(by)
    for membership in own_memberships:
        organizations.hold(membership.organization)
    names = [row.organization.name for row in own_memberships if holding.is_last_admin(row)]
    if names:
        raise _last_admin(names)
    # Before the account: whoever accepts one holds it, and refers to the inviter as the sponsor.
    for membership in own_memberships:
        inviter_handover.hold(membership.organization_id, by.id)
    # The account is locked before its keys, as when it is handed over.
    user = people.held(by.id)
    if user is None or user.password_hash != password_hash:
        raise Refusal(
            _("Your password has just been changed. Sign in with the new one."), "password"
        )
    for membership in own_memberships:
        depart(membership, user)
    if memberships.everywhere(user):
        raise Refusal(_("You have just joined another organization. Check it, and try again."))
    forget(user)
    organization_ids: list[int | None] = [
        membership.organization_id for membership in own_memberships
    ]
    for organization_id in organization_ids or [None]:
        events.record(organization_id, "AccountDeleted", by=user, user_id=user.id)
    queue.enqueue(CLEAR)


def depart(membership: Membership, by: Actor) -> None:
    """End the membership, its open invitations and API keys, with the organization held."""
    pending = inviter_handover.hold(membership.organization_id, membership.user_id)
    member = memberships.locked(membership.organization, membership.id)
    inviter_handover.settle(pending, inviter_handover.REVOKE, by=by, loser_id=member.user_id)
    sponsors.hand_over(member, to=None, by=by)
    handover.settle(member, inviter_handover.REVOKE, by=by)
    api_keys.end_of(member, by=by)
    db.session.delete(member)
    db.session.flush()


def forget(user: User) -> None:
    """Erase the person from a locked account without memberships, in the current transaction."""
    sessions.forget(user)
    kept_forms.forget_of(user)
    second_factors.forget(user)
    deliveries.forget_recipient(user)
    # What applications called them: whoever comes after them is somebody else.
    db.session.execute(delete(OidcSubject).where(OidcSubject.user_id == user.id))
    people.erase(user)
    sqlite_remains.note()


def _last_admin(names: list[str]) -> Refusal:
    words = _(
        "You are the last active admin of %(names)s. Make somebody else an admin first.",
        names=formats.listed(names, " and of "),
    )
    return Refusal(words)
