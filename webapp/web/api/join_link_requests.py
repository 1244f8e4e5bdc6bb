"""What programs send about join links."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from webapp.domain import links
from webapp.domain.links import fields as rules
from webapp.web.api.request_schemas import Paged
from webapp.web.api.schema_fields import ShortList, StrictSchema, choice, text


def _number(description: str, most: int, **more: Any) -> fields.Integer:
    rule = validate.Range(1, most)
    return fields.Integer(strict=True, validate=rule, metadata={"description": description}, **more)


class LinkQuery(Paged):
    """A page of join links."""


class NewLink(StrictSchema):
    """A join link to create."""

    label = text("What it is for. Those who join do not see it.", rules.LABEL_MOST, required=True)
    role = choice("The role people get.", list(rules.ROLES), required=True)
    groups = ShortList(
        fields.String(),
        validate=validate.Length(max=20),
        metadata={
            "description": "Slugs of groups that people will be in. The default ones if you "
            "leave it out."
        },
    )
    domains = ShortList(
        fields.String(validate=validate.Length(max=255)),
        validate=validate.Length(max=100),
        metadata={
            "description": "Only addresses at these domains may ask. Any if you leave it out."
        },
    )
    most_uses = _number("How many people can join through it.", rules.USES_MOST, required=True)
    expiry_days = _number("How many days it works.", rules.DAYS_MOST, required=True)
    access_days = _number(
        "How many days people have access, counted from joining.",
        rules.ACCESS_MOST,
        allow_none=True,
    )
    approval = fields.Boolean(
        truthy={True},
        falsy={False},
        metadata={"description": "Whether an admin approves each person before inviting them."},
    )


class RevokeLink(StrictSchema):
    """What becomes of the invitations that it has made."""

    open_invitations = choice(
        "Whether those who have not answered yet can still join.",
        list(links.CHOICES),
        load_default=links.KEEP,
    )
