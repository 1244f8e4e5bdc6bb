"""What of a webhook is changed, in words, and who changed it last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.domain.events import versions
from webapp.models import Event, Organization, WebhookEndpoint

WORDS = {"url": "its address", "name": "its name", "events": "its events"}


def named(endpoint: WebhookEndpoint, facts: Mapping[str, Any]) -> list[str]:
    """What these facts would change of the webhook."""
    return [said for fact, said in WORDS.items() if getattr(endpoint, fact) != facts[fact]]


def last(organization: Organization, endpoint_id: int) -> str | None:
    """Who changed any of it last and when, as a sentence; None if that is long ago."""

    def is_it(event: Event) -> bool:
        return event.data["webhook_id"] == endpoint_id and any(
            said in event.data["changed"] for said in WORDS.values()
        )

    return versions.last_change(organization, "WebhookChanged", is_it)
