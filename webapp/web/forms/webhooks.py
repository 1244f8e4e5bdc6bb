"""The form of a webhook; the domain checks what is typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import RadioField, StringField

from webapp.domain.webhooks import payloads
from webapp.languages import gettext
from webapp.languages import marked as _
from webapp.models import WebhookEndpoint
from webapp.web.forms import Several
from webapp.web.forms.editing import EditingForm

ALL, SOME = "all", "some"


class WebhookForm(EditingForm):
    """A webhook's address, its name, and the events that are sent to it."""

    url = StringField(_("Address"))
    name = StringField(_("Name"))
    which = RadioField(_("Events"), choices={}, default=ALL)
    events = Several(_("Events"), choices=[])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.which.choices = {
            ALL: gettext("All events, including those that later versions add"),
            SOME: gettext("Only the events I choose"),
        }
        self.which.invalid_choice_message = gettext("Choose all events or only some.")

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
