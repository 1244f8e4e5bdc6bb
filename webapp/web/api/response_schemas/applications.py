"""How applications are shown."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from webapp.domain.applications.fields import of_client
from webapp.models import Application
from webapp.web.api.application_requests import FACTOR, UNVERIFIED
from webapp.web.api.schema_fields import StrictSchema, answer_text, moment, number, slugs

ADDRESSES = {"type": "array", "items": {"type": "string"}}


def _flag(description: str, attribute: str) -> fields.Boolean:
    return fields.Boolean(required=True, attribute=attribute, metadata={"description": description})


def _shown(name: str, kind: dict[str, Any]) -> fields.Function:
    description = {"description": "For OpenID Connect, as it was given."}
    return fields.Function(
        lambda row: of_client(row)[name], required=True, metadata={**description, **kind}
    )


class SecretSchema(StrictSchema):
    """What a program needs for OpenID Connect."""

    issuer = answer_text("Who we are to programs.")
    client_id = answer_text("The application's id.")
    client_secret = answer_text("Its secret, this once.")


class ApplicationSchema(StrictSchema):
    """An application."""

    slug = answer_text("Its short name. It never changes.")
    name = answer_text("Its name.")
    home_url = answer_text("Where it opens.")
    host = answer_text("The host of that address, by which a proxy asks.")
    for_everyone = _flag("Whether all members may enter.", "for_everyone")
    groups = slugs("The groups whose members may enter; empty if all members may.")
    second_factor = _flag(FACTOR, "needs_second_factor")
    visit_minutes = number("How many minutes a visit lasts.")
    allows_unverified = _flag(UNVERIFIED, "allows_unverified")
    state = answer_text("`active` or `paused`.")
    client_id = fields.Function(
        lambda row: row.client.client_id if row.client else None,
        metadata={"description": "Its id for OpenID Connect.", "type": ["string", "null"]},
        required=True,
    )
    redirect_uris = _shown("redirect_uris", ADDRESSES)
    post_logout_redirect_uris = _shown("post_logout_redirect_uris", ADDRESSES)
    backchannel_logout_uri = _shown("backchannel_logout_uri", {"type": ["string", "null"]})
    public = _shown("public", {"type": "boolean"})
    created_at = moment("When it was created.")

    def get_groups(self, row: Application) -> list[Any]:
        """The slugs of its groups that there are."""
        return [] if row.for_everyone else [group.slug for group in row.groups]


class ApplicationsSchema(StrictSchema):
    """A page of applications."""

    items = fields.List(fields.Nested(ApplicationSchema), required=True)
    next = answer_text("The cursor of the next page.", null=True)
