"""How members are shown."""

from __future__ import annotations

from datetime import datetime

from marshmallow import fields

from webapp.domain.organizations import permissions
from webapp.models import Membership
from webapp.web.api import guard
from webapp.web.api.schema_fields import ROLES, StrictSchema, answer_text, choice, moment, number


class MemberSchema(StrictSchema):
    """A member."""

    id = number()
    user_id = number("The account's id.")
    email = answer_text("Their address.", of="user.email")
    full_name = answer_text("Their name.", of="user.full_name")
    role = choice("Their role.", ROLES, required=True)
    status = choice(
        "Whether they have access; `ended`: their end has come.",
        ["active", "deactivated", "ended"],
        required=True,
        attribute="access_status",
    )
    joined_at = moment("When they joined.")
    access_until = moment(
        "When their access ends. Null: no end. Contributors see only their own.", null=True
    )
    last_seen_at = moment("Their last activity. Contributors always get null.", null=True)

    def get_access_until(self, row: Membership) -> datetime | None:
        """Their end, if the caller may see it."""
        reader = guard.me().membership
        is_own = reader is not None and reader.id == row.id
        may = permissions.allows(reader.role if reader else "", "members:activity")
        return row.ends_at if may or is_own else None

    def get_last_seen_at(self, row: Membership) -> datetime | None:
        """Their last activity, if the caller may see it."""
        reader = guard.me().membership
        may = permissions.allows(reader.role if reader else "", "members:activity")
        return row.last_seen_at if may else None


class MembersSchema(StrictSchema):
    """A page of members."""

    items = fields.List(fields.Nested(MemberSchema), required=True)
    next = answer_text("The cursor of the next page.", null=True)
