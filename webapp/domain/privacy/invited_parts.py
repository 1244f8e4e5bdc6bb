"""What is kept about people who were invited, or asked to be: a part of the registry."""

from __future__ import annotations

from webapp.domain.privacy import people
from webapp.domain.privacy.parts import AGAIN, NUMBER, SECRET, WORK, DataPart
from webapp.models import Invitation, InvitationGroup, JoinAsk, RefusedTry, Request

PARTS = (
    DataPart(
        "invitations",
        Invitation,
        lambda person: Invitation.email_key == person.key,
        "id organization_id join_link_id email role name message language access_until access_days "
        "state expiry_days created_at expires_at resent_at renewed_at reminded_at opened_at "
        "ended_at decline_reason delivery_state",
        {
            "email_key words": AGAIN,
            "secret earlier_links link_number": SECRET,
            "inviter_id": "somebody else",
            "user_id": NUMBER,
        },
        "email email_key name message decline_reason words",
        place=Invitation.organization_id,
    ),
    DataPart(
        "groups_of_invitations",
        InvitationGroup,
        lambda person: InvitationGroup.invitation_id.in_(people.invited(person)),
        "organization_id invitation_id group_id",
        {},
        place=InvitationGroup.organization_id,
    ),
    DataPart(
        "tries_at_forms",
        RefusedTry,
        lambda person: RefusedTry.invitation_id.in_(people.invited(person)),
        "invitation_id reason n last_at",
    ),
    DataPart(
        "requests",
        Request,
        lambda person: Request.email_key == person.key,
        "id organization_id kind state email name reason role offer join_link_id created_at "
        "lapses_at ended_at",
        {
            "email_key": AGAIN,
            "maker_id decided_by_id": "somebody else",
            "membership_id": NUMBER,
            "recorded_at told_at": WORK,
        },
        is_deleted=True,
        place=Request.organization_id,
    ),
    DataPart(
        "addresses_typed_at_join_links",
        JoinAsk,
        lambda person: JoinAsk.email_key == person.key,
        "organization_id link_id email created_at",
        {"id": NUMBER, "email_key": AGAIN, "due_at": WORK},
        is_deleted=True,
        place=JoinAsk.organization_id,
    ),
)
