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
    email = answer_text("The invited address, as it was typed.")
    role = choice("The role they get.", ROLES, required=True)
    state = choice("Its state.", STATES, required=True)
    status = choice("The same as `state`.", STATES, required=True)
    delivery = answer_text(
        "The state of the newest mail, like queued or sent. Null if there is none.",
        null=True,
        of="delivery_state",
    )
    name = answer_text("Their name, as the inviter wrote it.", null=True)
    message = answer_text("The inviter's words.", null=True)
    language = answer_text("The language they read; null: the organization's.", null=True)
    access_until = moment("When their access ends. Null: no end, or `access_days`.", null=True)
    access_days = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "For how many days after joining they have access, if so."},
    )
    expiry_days = number("How many days its link works.")
    invited_by = answer_text("Who invited them. Null for the operator.", null=True)
    created_at = moment("When it was created.")
    expires_at = moment("When its link expires.")
    opened_at = moment("When its link was first opened.", null=True)
    ended_at = moment("When it was accepted, declined, revoked or expired.", null=True)
    decline_reason = answer_text("Why they declined, if they said.", null=True)

    def get_state(self, row: Invitation) -> str:
        """Its state now."""
        return row.status(clock.now())

    get_status = get_state

    def get_invited_by(self, row: Invitation) -> str | None:
        """The inviter's name."""
        return row.inviter.full_name if row.inviter else None


class InvitationMadeSchema(InvitationSchema):
    """A new invitation with a link that you can hand over yourself."""

    link = answer_text("The link. An account created with it is unverified.")

    def get_link(self, row: Invitation) -> str:
        """The link that the page offers for copying (rule 10)."""
        return invitations.link(row)


class InvitationsSchema(StrictSchema):
    """A page of invitations."""

    items = fields.List(fields.Nested(InvitationSchema), required=True)
    next = answer_text("The cursor of the next page.", null=True)


class ResultSchema(StrictSchema):
    """The result for one of many: an invitation, or a problem."""

    status = number("201, or the status of the problem.")
    email = answer_text("The address as you sent it.", null=True)
    invitation = fields.Nested(InvitationMadeSchema)
    problem = fields.Nested(ProblemSchema)


class ResultsSchema(StrictSchema):
    """A result for each, in the order you sent them."""

    results = fields.List(fields.Nested(ResultSchema), required=True)
    invited = number("How many were invited.")
    refused = number("How many were refused.")
