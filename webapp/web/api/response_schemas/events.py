"""How the audit trail is shown: each line is an event with the user who did it, if one did."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from webapp.domain.events import sentences
from webapp.models import Event, User
from webapp.web.api.schema_fields import Shape, chosen, number, said

Line = tuple[Event, User | None]


class ActorSchema(Shape):
    """Who did it."""

    kind = chosen("What they are.", ["user", "operator", "invitee", "system"], required=True)
    id = fields.Integer(required=True, allow_none=True)
    name = said("The user's name.", null=True)

    def get_kind(self, line: Line) -> str:
        """Whether it was a user, and what else if not."""
        return line[0].actor

    def get_id(self, line: Line) -> int | None:
        """The user's id."""
        return line[0].actor_id

    def get_name(self, line: Line) -> str | None:
        """The user's name."""
        return line[1].full_name if line[1] else None


class EventSchema(Shape):
    """A line of the audit trail."""

    id = number()
    name = said("Its name, like InvitationAccepted.")
    at = said("When it happened.", format="date-time")
    actor = fields.Nested(ActorSchema, required=True)
    invitation_id = fields.Integer(required=True, allow_none=True)
    sentence = said("The same for people.")
    data = fields.Dict(required=True, metadata={"description": "What belongs to its name."})

    def get_attribute(self, obj: Line, attr: str, default: Any) -> Any:
        """Fields without a method of their own show the event's attribute."""
        own = obj if hasattr(self, f"get_{attr}") else obj[0]
        return super().get_attribute(own, attr, default)

    def get_at(self, line: Line) -> str:
        """To the microsecond, since programs send it back as `after`."""
        return line[0].at.isoformat().replace("+00:00", "Z")

    def get_actor(self, line: Line) -> Line:
        """The line, for its own schema."""
        return line

    def get_sentence(self, line: Line) -> str:
        """What happened, as the page says it."""
        return sentences.sentence(*line)

    def get_data(self, line: Line) -> dict[str, Any]:
        """What was recorded, but for what was erased since."""
        return line[0].told


class EventsSchema(Shape):
    """A page of events."""

    items = fields.List(fields.Nested(EventSchema), required=True)
    next = said("The cursor of the next page.", null=True)
