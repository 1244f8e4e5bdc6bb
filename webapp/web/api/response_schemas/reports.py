"""How a report is shown."""

from __future__ import annotations

from marshmallow import fields

from webapp.web.api.schema_fields import StrictSchema, answer_text, number


def share(description: str) -> fields.Float:
    """A figure that is unknown while nobody has accepted."""
    return fields.Float(required=True, allow_none=True, metadata={"description": description})


class FiguresSchema(StrictSchema):
    """Counts of invitations, and how long it took until they were accepted."""

    invited = number("All of them, by mail or with a link alone.")
    sent = number("A mail server took a mail.")
    delivered = number("And not each of those mails came back.")
    opened = number("The link was opened.")
    accepted = number("They joined.")
    declined = number("They declined.")
    expired = number("The link ran out.")
    revoked = number("An admin ended it.")
    pending = number("Still open.")
    acceptance_rate = share("Accepted of all that were invited, from 0 to 1.")
    median_seconds = share("From invitation to acceptance, half of them were quicker.")
    mean_seconds = share("From invitation to acceptance, on average.")
    p90_seconds = share("From invitation to acceptance, nine of ten were quicker.")


class LineSchema(StrictSchema):
    """The figures of one week, inviter, role or domain."""

    key = answer_text("Which one: 2026-W47, the inviter's id, the role, the domain.")
    name = answer_text("The same for people.")
    figures = fields.Nested(FiguresSchema, required=True)


class ReportSchema(StrictSchema):
    """The figures of a period, all together and line by line."""

    first = fields.String(
        required=True,
        data_key="from",
        attribute="period.first",
        metadata={"description": "Its first day.", "format": "date"},
    )
    last = fields.String(
        required=True,
        data_key="to",
        attribute="period.last",
        metadata={"description": "Its last day.", "format": "date"},
    )
    zone = answer_text("The time zone of these days.", of="period.zone")
    total = fields.Nested(FiguresSchema, required=True)
    weeks = fields.List(fields.Nested(LineSchema), required=True)
    inviters = fields.List(fields.Nested(LineSchema), required=True)
    roles = fields.List(fields.Nested(LineSchema), required=True)
    domains = fields.List(fields.Nested(LineSchema), required=True)
