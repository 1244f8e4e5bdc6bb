"""How an error is shown (RFC 9457)."""

from __future__ import annotations

from marshmallow import Schema, fields

from webapp.web.api.schema_fields import StrictSchema, answer_text


class PlaceSchema(StrictSchema):
    """A place in a problem, and what is wrong there."""

    pointer = fields.String(metadata={"description": "A JSON pointer into what was sent."})
    parameter = fields.String(metadata={"description": "The name of a parameter of the address."})
    detail = answer_text("What is wrong there.")


class ProblemSchema(Schema):
    """What went wrong (RFC 9457), and what to do next."""

    type = answer_text(
        "What kind of problem; leads to its section of the documentation.", format="uri"
    )
    title = answer_text("The kind in words.")
    status = fields.Integer(required=True, metadata={"description": "The HTTP status again."})
    detail = answer_text("What happened this time.")
    instance = fields.String(metadata={"description": "The request, for the operator."})
    errors = fields.List(fields.Nested(PlaceSchema))
    invitation_id = fields.Integer(metadata={"description": "An open invitation in the way."})
    retry_after = fields.Integer(metadata={"description": "Seconds until it may be tried again."})
