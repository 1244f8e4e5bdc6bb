"""Going by oneself: leaving an organization, and deleting one's account."""

from __future__ import annotations

from webapp import queue, sqlite_remains
from webapp.db import db, transaction
from webapp.domain import events, organizations, tenant
from webapp.domain.accounts import api_keys, guesses, kept_forms, people, second_factors, sessions
from webapp.domain.deliverability import deliveries
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.invitations import inviter_handover
from webapp.domain.members import roles
from webapp.domain.organizations import memberships
from webapp.models import Membership, Organization, User

CLEAR = "jobs.sweeps.erase"  # also clears the database's file of erased values


@transaction()
def leave(organization: Organization, membership_id: int, *, by: User) -> None:
    """Give up one's own membership; open invitations in one's name end with it (rule 15).

    Refuses the last active admin. Coming back takes a new invitation.
    """
    organizations.hold(organization)
    found = memberships.find(organization, membership_id)
    if found.user_id != by.id or not found.is_active:
        raise tenant.unknown(Membership)
    if roles.is_last_admin(found):
        raise _last_admin([organization.name])
    depart(found, by)
    sessions.forget_organization(by, organization.id)
    events.record(organization, "MemberLeft", by=by, user_id=by.id, email=by.email)


def delete_account(by: User, *, password: str) -> None:
    """Delete one's own account everywhere; the password shows that it is the owner who wants it.

    Refuses the last active admin of any organization. What organizations wrote down about
    inviting this person stays theirs.
    """
    _delete_account(by, guesses.known_hash(by, password, guesses.wrong_password()))


@transaction()
def _delete_account(by: User, known: str) -> None:
    places = memberships.everywhere(by)
    for place in places:
        organizations.hold(place.organization)
    alone = [place.organization.name for place in places if roles.is_last_admin(place)]
    if alone:
        raise _last_admin(alone)
    # Before its keys, as whoever hands the account over does.
    user = people.held(by.id)
    if user is None or user.password_hash != known:
        raise Refusal("Your password was changed just now. Sign in with the new one.", "password")
    for place in places:
        depart(place, user)
    if memberships.everywhere(user):
        raise Refusal("You joined an organization just now. Look at it, and try again.")
    forget(user)
    trails: list[int | None] = [place.organization_id for place in places]
    for organization_id in trails or [None]:
        events.record(organization_id, "AccountDeleted", by=user, user_id=user.id)
    queue.enqueue(CLEAR)


def depart(place: Membership, by: Actor) -> None:
    """Take the membership away and revoke what stands in its name, with the organization held."""
    held = inviter_handover.hold(place.organization_id, place.user_id)
    member = memberships.locked(place.organization, place.id)
    inviter_handover.settle(held, inviter_handover.REVOKE, by=by, loser_id=place.user_id)
    api_keys.end_of(member, by=by)
    db.session.delete(member)
    db.session.flush()


def forget(user: User) -> None:
    """Take the person out of a held account without memberships, in the present transaction."""
    sessions.forget(user)
    kept_forms.forget_of(user)
    second_factors.forget(user)
    deliveries.forget_recipient(user)
    people.erase(user)
    sqlite_remains.note()


def _last_admin(names: list[str]) -> Refusal:
    return Refusal(
        f"You are the last active admin of {' and of '.join(names)}. "
        "Make somebody else an admin first."
    )
