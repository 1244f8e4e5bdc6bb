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
    username = answer_text("The username, which can be used to sign in.", null=True)
    full_name = answer_text("The person's name.")
    verified = fields.Boolean(
        required=True,
        attribute="is_verified",
        metadata={"description": "Whether the owner has confirmed the address."},
    )


class MembershipSchema(StrictSchema):
    """A membership of an organization."""

    id = number("Its id, as in the list of members.")
    role = choice("Their role.", ROLES, required=True)
    status = choice("Whether they are active.", ["active", "deactivated"], required=True)
    joined_at = moment("When they joined.")
    access_until = moment("When their access ends. Null: no end.", null=True, of="ends_at")
    organization = fields.Nested(OrganizationSchema, required=True)


class SignedInSchema(StrictSchema):
    """A new session."""

    access_token = answer_text("The token: Authorization: Bearer …")
    token_type = choice("How to send the token.", ["bearer"], required=True)
    expires_at = moment("When the session ends at the latest.")
    user = fields.Nested(UserSchema, required=True)
    membership = fields.Nested(MembershipSchema, required=True, allow_none=True)


class JoinedSchema(SignedInSchema):
    """A new member, signed in."""

    membership = fields.Nested(MembershipSchema, required=True)


class MeSchema(StrictSchema):
    """Who is calling, and what they can do."""

    user = fields.Nested(UserSchema, required=True)
    membership = fields.Nested(MembershipSchema, required=True, allow_none=True)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(list(api_keys.SCOPES))), required=True
    )
    by = choice("Whether the token is an API key or a session.", ["key", "session"], required=True)

    def get_by(self, bearer: Bearer) -> str:
        """Which of the two they sent."""
        return "key" if bearer.key else "session"
