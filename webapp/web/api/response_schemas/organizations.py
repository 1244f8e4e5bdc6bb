"""How an organization is shown."""

from __future__ import annotations

from webapp.web.api.schema_fields import Shape, said


class OrganizationSchema(Shape):
    """An organization."""

    slug = said("Its name in addresses.")
    name = said("Its name.")
