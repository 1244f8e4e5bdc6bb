"""How invitations are shown to those who invite."""

from __future__ import annotations

from marshmallow import fields

from webapp import clock
from webapp.domain import invitations
from webapp.models import Invitation
from webapp.web.api.response_schemas.problems import ProblemSchema
from webapp.web.api.schema_fields import (
    ROLES,
    STATES,
    StrictSchema,
    answer_text,
    choice,
    moment,
    number,
)


class InvitationSchema(StrictSchema):
    """An invitation."""

    id = number()
    email = answer_text("Whom it invites, as typed.")
    role = choice("What they become.", ROLES, required=True)
    state = choice("How it stands.", STATES, required=True)
    status = choice("The same, by the name of the filter.", STATES, required=True)
    delivery = answer_text(
        "The newest mail: queued, sending, sent, failed …; null: none.",
        null=True,
        of="delivery_state",
    )
    name = answer_text("Their name, as the inviter wrote it.", null=True)
    message = answer_text("The inviter's words.", null=True)
    expiry_days = number("Days that its link is good.")
    invited_by = answer_text("Who invited; null for the operator.", null=True)
    created_at = moment("When it was made.")
    expires_at = moment("When its link ends.")
    opened_at = moment("When its link was first opened.", null=True)
    ended_at = moment("When it ended.", null=True)
    decline_reason = answer_text("Why they declined, if they said so.", null=True)

    def get_state(self, row: Invitation) -> str:
        """Its state now."""
        return row.status(clock.now())

    get_status = get_state

    def get_invited_by(self, row: Invitation) -> str | None:
        """The inviter's name."""
        return row.inviter.full_name if row.inviter else None


class InvitationMadeSchema(InvitationSchema):
    """A new invitation with its link, to be handed over by other means."""

    link = answer_text("Its link. It proves nobody's mailbox: an account made by it is unverified.")

    def get_link(self, row: Invitation) -> str:
        """The link that the page offers for copying (rule 10)."""
        return invitations.link(row)


class InvitationsSchema(StrictSchema):
    """A page of invitations."""

    items = fields.List(fields.Nested(InvitationSchema), required=True)
    next = answer_text("The cursor of the next page.", null=True)


class ResultSchema(StrictSchema):
    """What became of one of many: an invitation, or a problem."""

    status = number("201, or the problem's status.")
    email = answer_text("As it was sent.", null=True)
    invitation = fields.Nested(InvitationMadeSchema)
    problem = fields.Nested(ProblemSchema)


class ResultsSchema(StrictSchema):
    """What became of each, in the order in which they were sent."""

    results = fields.List(fields.Nested(ResultSchema), required=True)
    invited = number("How many were invited.")
    refused = number("How many were not.")
