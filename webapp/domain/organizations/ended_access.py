"""What people are told whose access to an organization has ended; strangers are told nothing."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from webapp.db import db
from webapp.domain.errors import NotFound
from webapp.domain.organizations import days, permissions
from webapp.languages import gettext
from webapp.models import Membership, Organization, User


class AccessEnded(NotFound):
    """The caller was a member here until their access ended."""

    status = 403


def refusal(user: User, slug: str) -> NotFound:
    """Why the user, who has no access there, finds nothing at this organization's addresses."""
    query = _ended(user).where(Organization.slug == slug)
    member = db.session.scalar(query)
    if member is None or not user.may_enter(member.organization_id):
        return NotFound()
    return AccessEnded(words(member))


def of(user: User) -> list[Membership]:
    """The user's memberships whose end has come, by the organization's name."""
    ended = db.session.scalars(_ended(user).order_by(Organization.name))
    return [member for member in ended if user.may_enter(member.organization_id)]


def words(member: Membership) -> str:
    """When the member's access ended, and whom to ask."""
    organization = member.organization
    return gettext(
        "Your access to %(organization)s lasted until %(end)s. If you still need it, ask %(whom)s.",
        organization=organization.name,
        end=days.in_words(organization, member.ends_at) if member.ends_at else "",
        whom=_whom(member),
    )


def _whom(member: Membership) -> str:
    sponsor_id = member.sponsor_id
    has_access = sponsor_id is not None and (
        permissions.role_of(member.organization_id, sponsor_id, hold=False) is not None
    )
    if has_access and member.sponsor is not None:
        return member.sponsor.full_name
    return gettext("an admin of %(organization)s", organization=member.organization.name)


def _ended(user: User) -> Select[Membership]:
    return (
        select(Membership)
        .join(Membership.organization)
        .options(joinedload(Membership.organization))
        .where(Membership.user_id == user.id, Membership.is_active, ~Membership.has_access)
    )
