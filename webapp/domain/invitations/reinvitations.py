"""Inviting somebody again whose invitation has ended: a new one by the same terms."""

from __future__ import annotations

from webapp.db import transaction
from webapp.domain import invitations
from webapp.domain.deliverability import deliveries
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.languages import gettext
from webapp.models import Invitation, Organization


def _raced() -> Refusal:
    return Refusal(gettext("This person was invited again just now. Nothing more was done."))


@transaction({"one_open_invitation": _raced})
def invite_again(organization: Organization, invitation_id: int, *, by: Actor) -> Invitation:
    """Invite the same address by the same terms, with a new link.

    What was revoked or declined stays so. It is refused where inviting is, counts as one more
    invitation today, and is mailed if the earlier one was.
    """
    ended = invitations.locked(organization, invitation_id, by)
    if ended.is_erased:
        raise Refusal(gettext("This invitation was erased. Invite the person again."))
    if ended.may_be_resent:
        words = gettext(
            "The invitation for %(email)s is still open. Nothing was changed.", email=ended.email
        )
        raise Refusal(words)
    was_mailed = bool(deliveries.of_invitation(ended).rows)
    return invitations.create_like(organization, ended, by=by, email=ended.email, send=was_mailed)
