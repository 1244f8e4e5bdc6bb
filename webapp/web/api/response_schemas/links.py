"""How an invitation is shown to the holder of its link."""

from __future__ import annotations

from marshmallow import fields

from webapp.domain.invitations.link_status import LinkStatus, Opening
from webapp.web.api.response_schemas.organizations import OrganizationSchema
from webapp.web.api.schema_fields import ROLES, STATES, Shape, chosen, moment, said

LINK_STATES = ["pending", *(s for s in STATES if s != "pending"), "superseded", "closed"]


class OpeningSchema(Shape):
    """An invitation as the holder of its link sees it."""

    valid = fields.Boolean(required=True, metadata={"description": "Whether it can be accepted."})
    state = chosen("How the link stands.", LINK_STATES, required=True)
    email = said("Whom it invites.", of="invitation.email")
    role = chosen("What they become.", ROLES, required=True, attribute="invitation.role")
    name = said("Their name, as the inviter wrote it.", null=True, of="invitation.name")
    organization = fields.Nested(
        OrganizationSchema, required=True, attribute="invitation.organization"
    )
    organization_name = said("The organization's name again.", of="invitation.organization.name")
    expires_at = moment("When it ends.", of="invitation.expires_at")
    has_account = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether an account's password is asked for; a copied link never says."
        },
    )

    def get_valid(self, opening: Opening) -> bool:
        """Whether the link is open."""
        return opening.status is LinkStatus.OPEN

    def get_state(self, opening: Opening) -> str:
        """The state of the link; an open one has the name of its invitation's state."""
        return "pending" if self.get_valid(opening) else opening.status.value

    def get_has_account(self, opening: Opening) -> bool:
        """Of an ended link nothing is asked any more, and nothing about an account is told."""
        return self.get_valid(opening) and not opening.asks_for_account
