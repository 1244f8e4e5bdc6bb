"""How an error is shown (RFC 9457)."""

from __future__ import annotations

from marshmallow import Schema, fields

from webapp.web.api.schema_fields import StrictSchema, answer_text


class PlaceSchema(StrictSchema):
    """A place in a problem, and what is wrong there."""

    pointer = fields.String(metadata={"description": "A JSON pointer into the body."})
    parameter = fields.String(metadata={"description": "The name of a query parameter."})
    detail = answer_text("What is wrong there.")


class ProblemSchema(Schema):
    """What went wrong (RFC 9457), and what to do next."""

    type = answer_text(
        "The kind of problem: a link to its section of the documentation.", format="uri"
    )
    title = answer_text("The kind of problem in words.")
    status = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    detail = answer_text("What happened, and what to do next.")
    instance = fields.String(metadata={"description": "Identifies the request for the operator."})
    errors = fields.List(fields.Nested(PlaceSchema))
    invitation_id = fields.Integer(
        metadata={"description": "The open invitation that is in the way."}
    )
    member_id = fields.Integer(
        metadata={"description": "The member who has this address: add them to groups instead."}
    )
    retry_after = fields.Integer(
        metadata={"description": "How many seconds to wait before trying again."}
    )
