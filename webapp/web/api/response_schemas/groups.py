"""How groups are shown."""

from __future__ import annotations

from marshmallow import fields

from webapp.web.api.schema_fields import StrictSchema, answer_text, moment, number


class GroupSchema(StrictSchema):
    """A group."""

    slug = answer_text("Its short name. It never changes.", of="group.slug")
    name = answer_text("Its name.", of="group.name")
    description = answer_text("What it is for.", null=True, of="group.description")
    is_default = fields.Boolean(
        required=True,
        attribute="group.is_default",
        metadata={"description": "Whether invitations give it unless they say otherwise."},
    )
    members = number("How many members are in it.")
    created_at = moment("When it was created.", of="group.created_at")


class GroupsSchema(StrictSchema):
    """A page of groups."""

    items = fields.List(fields.Nested(GroupSchema), required=True)
    next = answer_text("The cursor of the next page.", null=True)
