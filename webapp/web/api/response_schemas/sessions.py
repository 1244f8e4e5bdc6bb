"""How callers are shown to themselves: their account, their place, their session."""

from __future__ import annotations

from marshmallow import fields, validate

from webapp.domain.accounts import api_keys
from webapp.domain.accounts.bearers import Bearer
from webapp.web.api.response_schemas.organizations import OrganizationSchema
from webapp.web.api.schema_fields import ROLES, Shape, chosen, moment, number, said


class UserSchema(Shape):
    """An account."""

    id = number()
    email = said("Its address.")
    username = said("Its other name to sign in with.", null=True)
    full_name = said("The person's name.")
    verified = fields.Boolean(
        required=True,
        attribute="is_verified",
        metadata={"description": "Whether somebody proved to hold the mailbox."},
    )


class MembershipSchema(Shape):
    """A place in an organization."""

    id = number("Its id, as in the list of members.")
    role = chosen("What they may do.", ROLES, required=True)
    status = chosen("Whether they may enter.", ["active", "deactivated"], required=True)
    joined_at = moment("When they joined.")
    organization = fields.Nested(OrganizationSchema, required=True)


class SignedInSchema(Shape):
    """A new session."""

    access_token = said("The token: Authorization: Bearer …")
    token_type = chosen("How to send it.", ["bearer"], required=True)
    expires_at = moment("When it ends at the latest.")
    user = fields.Nested(UserSchema, required=True)
    membership = fields.Nested(MembershipSchema, required=True, allow_none=True)


class JoinedSchema(SignedInSchema):
    """A new member, signed in."""

    membership = fields.Nested(MembershipSchema, required=True)


class MeSchema(Shape):
    """Who is calling, and what they may do."""

    user = fields.Nested(UserSchema, required=True)
    membership = fields.Nested(MembershipSchema, required=True, allow_none=True)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(list(api_keys.SCOPES))), required=True
    )
    by = chosen("How they are known.", ["key", "session"], required=True)

    def get_by(self, bearer: Bearer) -> str:
        """What they sent."""
        return "key" if bearer.key else "session"
