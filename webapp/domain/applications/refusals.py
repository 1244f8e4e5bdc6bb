"""What somebody who may not enter is told: why, what to do, and whom to ask."""

from __future__ import annotations

from sqlalchemy import select

from webapp.db import db
from webapp.domain.applications.entry import Barrier
from webapp.languages import gettext
from webapp.languages import marked as _
from webapp.models import Membership, User

# To the person.
SAID = {
    Barrier.NO_MEMBER: _(
        "This account is not a member here. Sign in with the account that was invited, or ask the "
        "person who sent you here for an invitation."
    ),
    Barrier.SUSPENDED: _("This organization is suspended. Ask its admins when it will be back."),
    Barrier.PAUSED: _("An admin has paused this application. Ask them when it will be back."),
    Barrier.DEACTIVATED: _("Your membership is deactivated. Ask an admin to reactivate it."),
    Barrier.ENDED: _("Your access has ended. Ask an admin to extend it."),
    Barrier.NO_GROUP: _(
        "Only members of certain groups may enter. Ask an admin to add you to one of them."
    ),
    Barrier.UNVERIFIED: _(
        "Your email address is not confirmed. Open “Your account” in Gatehouse, ask for a "
        "confirmation link, and open it."
    ),
    Barrier.NO_SECOND_FACTOR: _(
        "This needs a second factor. Turn it on under “Your account” in Gatehouse, then come back."
    ),
}
# To an admin who tries it as somebody else.
REMEDIES = {
    Barrier.NO_MEMBER: _("Invite them, or let them confirm their address."),
    Barrier.SUSPENDED: _("Only the operator of this installation can lift the suspension."),
    Barrier.PAUSED: _("Resume the application."),
    Barrier.DEACTIVATED: _("Reactivate them on the members page."),
    Barrier.ENDED: _("Set a new end on the members page."),
    Barrier.NO_GROUP: _("Add them to a group that may enter, or change who may enter."),
    Barrier.UNVERIFIED: _(
        "Ask them to confirm their address on their account page, or let unverified accounts enter."
    ),
    Barrier.NO_SECOND_FACTOR: _("Ask them to turn on a second factor on their account page."),
}
# What people can do something about themselves.
OWN = (Barrier.UNVERIFIED, Barrier.NO_SECOND_FACTOR)
# People who were shut out, or were never here, learn no names.
NAMELESS = (Barrier.NO_MEMBER, Barrier.DEACTIVATED)
ADMINS = 3  # that are named


def said(barrier: Barrier) -> str:
    """What the person is told, in the reader's language."""
    return gettext(SAID[barrier])


def remedy(barrier: Barrier) -> str:
    """What an admin can do so that the person may enter, in the reader's language."""
    return gettext(REMEDIES[barrier])


def whom_to_ask(organization_id: int, barrier: Barrier) -> list[str]:
    """The names of some admins, who have been longest in the organization; none for outsiders."""
    if barrier in NAMELESS:
        return []
    query = (
        select(User.full_name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == organization_id, Membership.is_active_admin)
        .order_by(Membership.id)
        .limit(ADMINS)
    )
    return list(db.session.scalars(query))
