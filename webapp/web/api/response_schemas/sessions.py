"""What callers are told about themselves: their account, membership and session."""

from __future__ import annotations

from marshmallow import fields, validate

from webapp.domain.accounts import api_keys
from webapp.domain.accounts.bearers import Bearer
from webapp.web.api.response_schemas.organizations import OrganizationSchema
from webapp.web.api.schema_fields import ROLES, StrictSchema, answer_text, choice, moment, number


class UserSchema(StrictSchema):
    """An account."""

    id = number()
    email = answer_text("Its address.")
    username = answer_text("Its other name to sign in with.", null=True)
    full_name = answer_text("The person's name.")
    verified = fields.Boolean(
        required=True,
        attribute="is_verified",
        metadata={"description": "Whether somebody proved to hold the mailbox."},
    )


class MembershipSchema(StrictSchema):
    """A place in an organization."""

    id = number("Its id, as in the list of members.")
    role = choice("What they may do.", ROLES, required=True)
    status = choice("Whether they may enter.", ["active", "deactivated"], required=True)
    joined_at = moment("When they joined.")
    organization = fields.Nested(OrganizationSchema, required=True)


class SignedInSchema(StrictSchema):
    """A new session."""

    access_token = answer_text("The token: Authorization: Bearer …")
    token_type = choice("How to send it.", ["bearer"], required=True)
    expires_at = moment("When it ends at the latest.")
    user = fields.Nested(UserSchema, required=True)
    membership = fields.Nested(MembershipSchema, required=True, allow_none=True)


class JoinedSchema(SignedInSchema):
    """A new member, signed in."""

    membership = fields.Nested(MembershipSchema, required=True)


class MeSchema(StrictSchema):
    """Who is calling, and what they may do."""

    user = fields.Nested(UserSchema, required=True)
    membership = fields.Nested(MembershipSchema, required=True, allow_none=True)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(list(api_keys.SCOPES))), required=True
    )
    by = choice("How they are known.", ["key", "session"], required=True)

    def get_by(self, bearer: Bearer) -> str:
        """Which of the two they sent."""
        return "key" if bearer.key else "session"
