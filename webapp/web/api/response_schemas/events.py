"""How the audit trail is shown: each line is an event with its user, if a user caused it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from webapp.domain.events import sentences
from webapp.models import Event, User
from webapp.web.api.schema_fields import StrictSchema, answer_text, choice, number

EventLine = tuple[Event, User | None]


class ActorSchema(StrictSchema):
    """Who caused the event."""

    kind = choice(
        "What kind of actor it is.", ["user", "operator", "invitee", "system"], required=True
    )
    id = fields.Integer(required=True, allow_none=True)
    name = answer_text("The user's name.", null=True)

    def get_kind(self, line: EventLine) -> str:
        """A user, the operator, an invitee or the system."""
        return line[0].actor

    def get_id(self, line: EventLine) -> int | None:
        """The user's id."""
        return line[0].actor_id

    def get_name(self, line: EventLine) -> str | None:
        """The user's name."""
        return line[1].full_name if line[1] else None


class EventSchema(StrictSchema):
    """A line of the audit trail."""

    id = number()
    name = answer_text("Its name, like InvitationAccepted.")
    at = answer_text("When it happened.", format="date-time")
    actor = fields.Nested(ActorSchema, required=True)
    invitation_id = fields.Integer(required=True, allow_none=True)
    sentence = answer_text("The event as a sentence.")
    data = fields.Dict(
        required=True, metadata={"description": "The details. The fields depend on the name."}
    )

    def get_attribute(self, obj: EventLine, attr: str, default: Any) -> Any:
        """Fields without a method of their own show the event's attribute."""
        source = obj if hasattr(self, f"get_{attr}") else obj[0]
        return super().get_attribute(source, attr, default)

    def get_at(self, line: EventLine) -> str:
        """To the microsecond, because programs send it back as `after`."""
        return line[0].at.isoformat().replace("+00:00", "Z")

    def get_actor(self, line: EventLine) -> EventLine:
        """The line, for its own schema."""
        return line

    def get_sentence(self, line: EventLine) -> str:
        """What happened, as on the page in English."""
        return sentences.in_english(*line)

    def get_data(self, line: EventLine) -> dict[str, Any]:
        """What was recorded, without what was erased since."""
        return line[0].told


class EventsSchema(StrictSchema):
    """A page of events."""

    items = fields.List(fields.Nested(EventSchema), required=True)
    next = answer_text("The cursor of the next page.", null=True)
