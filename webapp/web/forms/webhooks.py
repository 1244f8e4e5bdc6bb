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
    """Any number of values from a list; the domain refuses unknown ones."""

    def pre_validate(self, form: Any) -> None:
        """Accept any value here; the domain checks the names."""


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
        """What the form shows of a webhook."""
        which = ALL if row.events is None else SOME
        return {"url": row.url, "name": row.name, "which": which, "events": row.events or []}

    @property
    def groups(self) -> dict[str, list[str]]:
        """The events to choose from, by group."""
        return payloads.groups()

    @property
    def typed(self) -> dict[str, Any]:
        """The values under the domain's names."""
        chosen: Sequence[str] | None = self.events.data or []
        event_names = None if self.which.data == ALL else chosen
        return {"url": self.url.data, "name": self.name.data, "event_names": event_names}
