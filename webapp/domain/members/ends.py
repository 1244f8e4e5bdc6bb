"""When a member's access ends: setting, extending and removing an end, and ending it now.

Whether access has ended is asked of `Membership.has_access` whenever access is read, to the second.
What follows from an end (sessions, keys, the trail) is done here at once, or by `end_sweep`.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from webapp import clock
from webapp.db import transaction
from webapp.domain import organizations
from webapp.domain.accounts import api_keys, sessions
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor, versions
from webapp.domain.events.versions import Seen
from webapp.domain.invitations import inviter_handover
from webapp.domain.links import handover
from webapp.domain.members import end_rules, holding, sponsors
from webapp.domain.organizations import access_terms, days, memberships
from webapp.languages import gettext as _
from webapp.models import Membership, Organization, Role


@transaction()
def set_end(
    organization: Organization,
    membership_id: int,
    *,
    by: Actor,
    ends_at: datetime | None,
    seen: Seen | None = None,
) -> Membership:
    """Let the member's access end then; None: no end. Gives access back where it had ended.

    Refuses a time that is over, one beyond the longest term of the role, an end that would leave
    no admin, and people who change their own. The same end changes nothing.
    """
    member, _invitations = holding.locked(organization, membership_id, by)
    holding.refuse_deactivated(member)
    changes = ends_at != member.ends_at
    versions.refuse_changed(seen, member, writes=changes, told=partial(_last_change, member))
    if changes:
        end_rules.refuse_oneself(member, by, ends_at)
        end_rules.refuse_past(ends_at)
        end_rules.refuse_leaving_no_admin(member, ends_at)
        if ends_at is not None or not holding.is_last_admin(member):
            access_terms.refuse_beyond(organization, member.role, ends_at, end_rules.FIELD)
        _change(member, ends_at, by)
    return member


@transaction()
def extend(
    organization: Organization, membership_id: int, *, by: Actor, seen: Seen | None = None
) -> Membership:
    """Extend the member's access by the usual term of their role, at most to its longest one.

    This is all that a sponsor may do who is no admin, and only while the member has access. Theirs
    is extended no further than the sponsor's own.
    """
    organizations.lock(organization, alone=True)
    end_rules.require_admin_or_sponsor(
        organization, memberships.find(organization, membership_id), by
    )
    member, _invitations = holding.rows(organization, membership_id)
    end_rules.require_admin_or_sponsor(organization, member, by)
    holding.refuse_deactivated(member)
    end_rules.refuse_oneself(member, by, member.ends_at)
    changed = partial(_last_change, member)
    versions.refuse_changed(seen, member, writes=True, told=changed)
    end = extended(organization, member)
    _change(member, end_rules.within_own(organization, member, end, by), by)
    return member


def extended(organization: Organization, member: Membership) -> datetime:
    """The end that extending gives; raises Refusal where there is nothing to extend."""
    if member.ends_at is None:
        raise Refusal(_("The access of %(name)s has no end.", name=member.user.full_name))
    term = access_terms.of(organization).get(member.role, access_terms.Term())
    start = max(member.ends_at - days.INSTANT, clock.now())
    end = days.after(organization, term.extension_days, start)
    latest = access_terms.latest(organization, member.role)
    if latest is not None:
        end = min(end, latest)
    if end <= member.ends_at:
        words = _(
            "The access of %(name)s already lasts as long as this organization allows.",
            name=member.user.full_name,
        )
        raise Refusal(words)
    return end


@transaction()
def end_now(
    organization: Organization,
    membership_id: int,
    *,
    by: Actor,
    pending: str = inviter_handover.REVOKE,
) -> Membership:
    """End the member's access at once, with their sessions and API keys here.

    `pending` says what becomes of their open invitations: `inviter_handover.CHOICES`. Ending twice
    changes nothing.
    """
    member, invitations = holding.locked(organization, membership_id, by)
    holding.refuse_deactivated(member)
    if member.ended_at is not None:
        return member
    end_rules.refuse_ending_oneself(member, by)
    holding.refuse_last_admin(member)
    if member.has_access:
        member.ends_at = clock.now()
    if member.role == Role.ADMIN:
        inviter_handover.settle(invitations, pending, by=by, loser_id=member.user_id)
        handover.settle(member, pending, by=by)
    finish(member, to=by, by=by)
    return member


def finish(member: Membership, *, to: Actor | None, by: Actor | str) -> None:
    """Record the end of a locked member whose access is over, and end what hung on it.

    In the present transaction. `to` takes over those for whom the member answered.
    """
    member.ended_at = clock.now()
    sponsors.hand_over(member, to=to, by=by)
    api_keys.end_of(member, by=by)
    sessions.end_all(member.user, within=member.organization_id)
    holding.record(member, "MembershipEnded", by, ends_at=_plain(member.ends_at))


def shorten(member: Membership, by: Actor) -> None:
    """Bring the end of a locked member within the longest term of their new role."""
    latest = access_terms.latest(member.organization, member.role)
    is_within = latest is None or (member.ends_at is not None and member.ends_at <= latest)
    is_needed = latest is not None and end_rules.leaves_no_admin(member, latest)
    if not is_within and not is_needed:
        _change(member, latest, by)


def put_off(member: Membership, ends_at: datetime) -> None:
    """Let the access of a locked member last longer, as nobody else would be an admin then."""
    facts = {"before": _plain(member.ends_at), "ends_at": _plain(ends_at)}
    memberships.let_end(member, ends_at)
    holding.record(member, "MembershipEndPutOff", "system", **facts)


def _change(member: Membership, ends_at: datetime | None, by: Actor) -> None:
    facts = {"before": _plain(member.ends_at), "ends_at": _plain(ends_at)}
    memberships.let_end(member, ends_at)
    holding.record(member, "MembershipEndChanged", by, **facts)


def _plain(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _last_change(member: Membership) -> str | None:
    return versions.last_change(
        member.organization,
        "MembershipEndChanged",
        lambda event: event.data["user_id"] == member.user_id,
    )
