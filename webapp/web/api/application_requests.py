"""What programs send about applications."""

from __future__ import annotations

from marshmallow import fields, validate

from webapp.domain.applications.addresses import PROGRAM_MOST
from webapp.domain.applications.fields import ACTIVE, PAUSED, VISIT_LEAST, VISIT_MOST
from webapp.web.api.request_schemas import Paged
from webapp.web.api.schema_fields import ShortList, StrictSchema, choice, text

GROUPS_MOST = 1000
GROUPS = (
    "The groups whose members may enter, by slug. Null: all members; so is an empty list for a new "
    "application. An empty list takes no groups away."
)
FACTOR = "Whether a second factor is needed."
UNVERIFIED = "Whether accounts may enter that have not confirmed their address."


class ApplicationQuery(Paged):
    """A page of applications."""


def _flag(description: str) -> fields.Boolean:
    return fields.Boolean(truthy={True}, falsy={False}, metadata={"description": description})


def _addresses(description: str) -> ShortList:
    return ShortList(
        fields.String(),
        validate=validate.Length(max=PROGRAM_MOST),
        metadata={"description": f"{description} Each exactly as the program sends it."},
    )


class EditApplication(StrictSchema):
    """Changes to an application. Fields you leave out stay the same."""

    name = text("What people call it.", 100)
    home_url = text("Where it opens: https, with a host that no other application has.", 500)
    groups = ShortList(
        fields.String(),
        allow_none=True,
        validate=validate.Length(max=GROUPS_MOST),
        metadata={"description": GROUPS},
    )
    second_factor = _flag(FACTOR)
    visit_minutes = fields.Integer(
        strict=True,
        validate=validate.Range(VISIT_LEAST, VISIT_MOST),
        metadata={"description": "How long a visit lasts. 480 for a new one."},
    )
    allows_unverified = _flag(UNVERIFIED)
    redirect_uris = _addresses("Where people are sent after signing in with OpenID Connect.")
    post_logout_redirect_uris = _addresses("Where people may be sent after signing out.")
    backchannel_logout_uri = text(
        "Where a signed token is sent when a session or access ends. Null: nowhere.",
        500,
        allow_none=True,
    )
    public = _flag("Whether the program keeps no secret: in browsers and on telephones.")
    state = choice("Paused: nobody can enter.", [ACTIVE, PAUSED])


class NewApplication(EditApplication):
    """An application to create."""

    slug = text(
        "2 to 40 lower-case letters, digits and hyphens; it never changes. Made of the name if "
        "you leave it out.",
        40,
    )
    name = text("What people call it.", 100, required=True)
    home_url = text(
        "Where it opens: https, with a host that no other application has.", 500, required=True
    )
