"""The mails before somebody's access ends: to them and to their sponsor, 7 days and 1 day before.

Each once for an end; a new end is announced anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select, text
from sqlalchemy.orm import joinedload

from webapp import clock, config, languages
from webapp.db import db, transaction
from webapp.domain import letters
from webapp.domain.letters import facts as letter_facts
from webapp.domain.letters import templates
from webapp.domain.letters.facts import Facts
from webapp.domain.mail import composing, kinds, queue
from webapp.domain.mail.composing import Composed, Drop
from webapp.domain.mail.kinds import FROM_OTHERS
from webapp.domain.members import holding
from webapp.domain.organizations import days, memberships, permissions
from webapp.languages import gettext, marked
from webapp.models import Delivery, Membership, Organization, User
from webapp.models.membership import ENDING

MEMBER, SPONSOR = "ending", "sponsored"
BATCH = 200
LISTED = 50
SLACK = timedelta(hours=12)  # a mail may be sent later than it was queued
EXTENDED = marked("Access was extended before it was sent.")


def send_due() -> int:
    """Queue the mails that are due, batch by batch; returns for how many members."""
    total = 0
    while warned := _send_batch():
        total += warned
    return total


@transaction()
def _send_batch() -> int:
    now = clock.now()
    due = db.session.scalars(
        select(Membership)
        .join(Membership.organization)
        .options(joinedload(Membership.user), joinedload(Membership.organization))
        .where(
            text(ENDING),
            Membership.has_access,
            Organization.suspended_at.is_(None),
            or_(*(_is_due(now, number) for number in memberships.WARNED_DAYS)),
        )
        .order_by(Membership.ends_at, Membership.id)
        .limit(BATCH)
        .with_for_update(of=Membership, skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    # The daily shares of addresses stay locked until commit: taken in one order, no deadlock.
    letters_of = sorted(_recipients(due, now), key=lambda one: one[2].email_key)
    for kind, organization_id, user in letters_of:
        queue.queue_mail(kind, organization_id=organization_id, user=user)
    return len(due)


def _recipients(due: Sequence[Membership], now: datetime) -> set[tuple[str, int, User]]:
    """Who is mailed what, each once; marks the members as warned."""
    recipients = set()
    for member in due:
        if member.ends_at is None:
            continue
        left = member.ends_at - now
        member.warned_days = min(n for n in memberships.WARNED_DAYS if left <= timedelta(days=n))
        holding.record(
            member, "MembershipEndAnnounced", "system", ends_at=member.ends_at.isoformat()
        )
        recipients.add((MEMBER, member.organization_id, member.user))
        if sponsor := with_access(member):
            recipients.add((SPONSOR, member.organization_id, sponsor))
    return recipients


def _is_due(now: datetime, number: int) -> ColumnElement[bool]:
    is_warned = and_(Membership.warned_days.is_not(None), Membership.warned_days <= number)
    return and_(Membership.ends_at <= now + timedelta(days=number), ~is_warned)


def with_access(member: Membership) -> User | None:
    """The sponsor, if they have access themselves."""
    if member.sponsor_id is None:
        return None
    role = permissions.role_of(member.organization_id, member.sponsor_id, hold=False)
    return member.sponsor if role is not None else None


@kinds.composes(MEMBER, cause="an admin let access end", share=FROM_OTHERS)
def _compose_for_member(delivery: Delivery) -> Composed:
    organization, user = composing.organization(delivery), composing.account(delivery)
    member = db.session.scalar(_near(organization).where(Membership.user_id == user.id))
    if member is None or member.ends_at is None:
        return Drop(EXTENDED)
    with languages.written_in(user.language, organization.language):
        sponsor = with_access(member)
        whom = gettext("an admin of %(organization)s", organization=organization.name)
        values = _values(organization, user) | {
            "ends": days.in_words(organization, member.ends_at),
            "whom": (letter_facts.name_of(sponsor) if sponsor else "") or whom,
            "link": f"{_page(organization)}/requests/stay",
        }
        return _letter(delivery, organization, MEMBER, values)


@kinds.composes(SPONSOR, cause="an admin let access end", share=FROM_OTHERS)
def _compose_for_sponsor(delivery: Delivery) -> Composed:
    organization, user = composing.organization(delivery), composing.account(delivery)
    if permissions.role_of(organization.id, user.id, hold=False) is None:
        return Drop(marked("They were no longer a member when it was due."))
    sponsored = _near(organization).where(Membership.sponsor_id == user.id)
    near = db.session.scalars(sponsored.order_by(Membership.ends_at, Membership.id)).all()
    if not near:
        return Drop(EXTENDED)
    with languages.written_in(user.language, organization.language):
        values = _values(organization, user) | {
            "people": _people(organization, near),
            "link": f"{_page(organization)}/members?status=ending",
        }
        return _letter(delivery, organization, SPONSOR, values)


def _near(organization: Organization) -> Select[Membership]:
    until = clock.now() + timedelta(days=max(memberships.WARNED_DAYS)) + SLACK
    return (
        select(Membership)
        .options(joinedload(Membership.user))
        .where(
            Membership.organization_id == organization.id,
            Membership.has_access,
            Membership.ends_at <= until,
        )
    )


def _people(organization: Organization, near: Sequence[Membership]) -> str:
    """A line for each: who, and until when."""
    lines = []
    for member in near[:LISTED]:
        name = letter_facts.name_of(member.user)
        who = f"{name} ({member.user.email})" if name else member.user.email
        ends = days.in_words(organization, member.ends_at) if member.ends_at else ""
        lines.append(gettext("%(who)s: until %(end)s", who=who, end=ends))
    if len(near) > LISTED:
        lines.append(gettext("and %(number)s more", number=len(near) - LISTED))
    return "\n".join(lines)


def _values(organization: Organization, user: User) -> dict[str, str]:
    return {
        "invitee": letter_facts.name_of(user),
        "organization": organization.name,
        "email": user.email,
    }


def _page(organization: Organization) -> str:
    return f"{config.current().public_url}/orgs/{organization.slug}"


def _letter(
    delivery: Delivery, organization: Organization, kind: str, values: dict[str, str]
) -> Composed:
    facts = Facts(kind, organization.name, values, color=organization.color)
    return letters.letter(delivery, templates.built_in(kind), facts)
