"""How an invitation is shown to the holder of its link."""

from __future__ import annotations

from marshmallow import fields

from webapp.domain.invitations.link_status import LinkStatus, Opening
from webapp.web.api.response_schemas.organizations import OrganizationSchema
from webapp.web.api.schema_fields import ROLES, STATES, StrictSchema, answer_text, choice, moment

LINK_STATES = [
    "pending",
    *(state for state in STATES if state != "pending"),
    "superseded",
    "closed",
]


class OpeningSchema(StrictSchema):
    """An invitation as the holder of its link sees it."""

    valid = fields.Boolean(required=True, metadata={"description": "Whether it can be accepted."})
    state = choice("The state of the link.", LINK_STATES, required=True)
    email = answer_text("The invited address.", of="invitation.email")
    role = choice("The role they get.", ROLES, required=True, attribute="invitation.role")
    name = answer_text("Their name, as the inviter wrote it.", null=True, of="invitation.name")
    organization = fields.Nested(
        OrganizationSchema, required=True, attribute="invitation.organization"
    )
    organization_name = answer_text("The organization's name.", of="invitation.organization.name")
    expires_at = moment("When it expires.", of="invitation.expires_at")
    has_account = fields.Boolean(
        required=True,
        metadata={"description": "Whether to send an existing password. A copied link never says."},
    )

    def get_valid(self, opening: Opening) -> bool:
        """Whether the link is open."""
        return opening.status is LinkStatus.OPEN

    def get_state(self, opening: Opening) -> str:
        """The state of the link; an open one has the name of its invitation's state."""
        return "pending" if self.get_valid(opening) else opening.status.value

    def get_has_account(self, opening: Opening) -> bool:
        """An ended link asks for nothing, and tells nothing about an account."""
        return self.get_valid(opening) and not opening.asks_for_account
