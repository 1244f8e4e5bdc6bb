"""What inviters are told of the people they invited."""

from __future__ import annotations

from jobs import in_app
from webapp.domain import upkeep
from webapp.domain.imports import list_summaries
from webapp.domain.invitations import notice_rounds


@in_app
def send() -> None:
    """Queue the mails to inviters that are due."""
    upkeep.each([notice_rounds.send_due, list_summaries.send_due])
