"""What programs send about groups."""

from __future__ import annotations

from marshmallow import fields

from webapp.web.api.request_schemas import Paged
from webapp.web.api.schema_fields import StrictSchema, text

USUAL = "Whether invitations give it unless they say otherwise."


class GroupQuery(Paged):
    """A page of groups."""


class NewGroup(StrictSchema):
    """A group to create."""

    slug = text(
        "2 to 40 lower-case letters, digits and hyphens. It never changes.", 40, required=True
    )
    name = text("What people call it.", 100, required=True)
    description = text("What it is for.", 1000, allow_none=True)
    is_default = fields.Boolean(
        truthy={True}, falsy={False}, load_default=False, metadata={"description": USUAL}
    )


class EditGroup(StrictSchema):
    """Changes to a group. Fields you leave out stay the same."""

    name = text("What people call it.", 100)
    description = text("What it is for.", 1000, allow_none=True)
    is_default = fields.Boolean(truthy={True}, falsy={False}, metadata={"description": USUAL})
