"""How an organization is shown."""

from __future__ import annotations

from webapp.web.api.schema_fields import StrictSchema, answer_text


class OrganizationSchema(StrictSchema):
    """An organization."""

    slug = answer_text("Its short name in addresses.")
    name = answer_text("Its name.")
