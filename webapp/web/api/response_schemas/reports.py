"""How a report is shown."""

from __future__ import annotations

from marshmallow import fields

from webapp.web.api.schema_fields import StrictSchema, answer_text, number


def share(description: str) -> fields.Float:
    """A figure that is unknown while nobody has accepted."""
    return fields.Float(required=True, allow_none=True, metadata={"description": description})


class FiguresSchema(StrictSchema):
    """Counts of invitations, and how long it took until they were accepted."""

    invited = number("All invitations, by mail or by link.")
    sent = number("A mail server accepted a mail.")
    delivered = number("At least one of those mails did not come back.")
    opened = number("The link was opened.")
    accepted = number("The person joined.")
    declined = number("The person declined.")
    expired = number("The link expired.")
    revoked = number("An admin revoked it.")
    pending = number("Still open.")
    acceptance_rate = share("The share of invitations that were accepted, from 0 to 1.")
    median_seconds = share("The median time from invitation to acceptance.")
    mean_seconds = share("The average time from invitation to acceptance.")
    p90_seconds = share("Nine out of ten accepted within this time.")


class LineSchema(StrictSchema):
    """The figures of one week, inviter, role, domain, group or join link."""

    key = answer_text(
        "The week (like 2026-W47), the inviter's id, the role, the domain, the group's slug or the "
        "join link's id."
    )
    name = answer_text("Its name, for people to read.")
    figures = fields.Nested(FiguresSchema, required=True)


class ReportSchema(StrictSchema):
    """The figures of a period: the total, then by week, inviter, role, domain, group and link."""

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
    groups = fields.List(fields.Nested(LineSchema), required=True)
    links = fields.List(fields.Nested(LineSchema), required=True)
