"""The form of a webhook; the domain checks what is typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import RadioField, SelectMultipleField, StringField

from webapp.domain.webhooks import payloads
from webapp.models import WebhookEndpoint
from webapp.web.forms.editing import EditingForm

ALL, SOME = "all", "some"


class Several(SelectMultipleField):
    """Any number of a list; what is not in it, the domain refuses."""

    def pre_validate(self, form: Any) -> None:
        """Nothing: the domain knows the names."""


class WebhookForm(EditingForm):
    """A webhook's address, its name, and the events that are sent to it."""

    url = StringField("Address")
    name = StringField("Name")
    which = RadioField(
        "What it hears of",
        choices={ALL: "All events, those of later versions of Gatehouse, too", SOME: "Only these:"},
        default=ALL,
        invalid_choice_message="Choose all events, or only some.",
    )
    events = Several("Events", choices=[])

    @staticmethod
    def facts_of(row: WebhookEndpoint) -> dict[str, Any]:
        """What of a webhook it shows."""
        which = ALL if row.events is None else SOME
        return {"url": row.url, "name": row.name, "which": which, "events": row.events or []}

    @property
    def groups(self) -> dict[str, list[str]]:
        """The names that can be chosen, in their groups."""
        return payloads.groups()

    @property
    def typed(self) -> dict[str, Any]:
        """What was typed, by the domain's names."""
        some: Sequence[str] | None = self.events.data or []
        event_names = None if self.which.data == ALL else some
        return {"url": self.url.data, "name": self.name.data, "event_names": event_names}
