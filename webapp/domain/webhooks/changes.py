"""Changes of a webhook, in words, and who made the last one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.domain.events import versions
from webapp.models import Event, Organization, WebhookEndpoint

WORDS = {"url": "its address", "name": "its name", "events": "its events"}


def named(endpoint: WebhookEndpoint, columns: Mapping[str, Any]) -> list[str]:
    """What these columns would change about the webhook, in words."""
    return [
        words for column, words in WORDS.items() if getattr(endpoint, column) != columns[column]
    ]


def last(organization: Organization, endpoint_id: int) -> str | None:
    """Who made the last change and when, as a sentence; None if that was long ago."""

    def is_change(event: Event) -> bool:
        return event.data["webhook_id"] == endpoint_id and any(
            words in event.data["changed"] for words in WORDS.values()
        )

    return versions.last_change(organization, "WebhookChanged", is_change)
