"""What has happened to an invitation: its events, its mails and refused forms in one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from webapp.domain import events
from webapp.domain.deliverability.deliveries import Mails
from webapp.domain.events import sentences
from webapp.domain.invitations.diagnoses import Diagnosis
from webapp.domain.outbox import attempts
from webapp.domain.outbox.attempts import Tries
from webapp.models import Delivery, Invitation

# Events that a mail of the page tells as well, with all its tries.
OF_MAILS = ("InvitationSent", "InvitationSendFailed", "InvitationBounced")
TONES = {"InvitationAccepted": "good"} | dict.fromkeys(OF_MAILS[1:], "bad")
MAIL_TONES = {"sent": "good", "failed": "bad", "bounced": "bad"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: a sentence, or a mail with the tries to send it."""

    at: datetime
    tone: str = ""
    sentence: str = ""
    mail: Delivery | None = None
    tries: Tries | None = None


def of(invitation: Invitation, mails: Mails, diagnosis: Diagnosis | None) -> Sequence[Entry]:
    """Everything that happened, newest first; a mail is told once, however long it took."""
    told = {mail.message_id for mail in mails.rows}
    tries = attempts.of(mails.rows)
    entries = [
        Entry(event.at, TONES.get(event.name, ""), sentences.sentence(event, actor))
        for event, actor in events.of_invitation(invitation)
        if event.name not in OF_MAILS or event.told.get("message_id") not in told
    ]
    entries += [Entry(row.at, "bad", row.words) for row in (diagnosis.tries if diagnosis else ())]
    entries += [
        Entry(
            mail.settled_at or mail.created_at,
            MAIL_TONES.get(mail.state, ""),
            mail=mail,
            tries=tries.get(mail.id),
        )
        for mail in reversed(mails.rows)
    ]
    return sorted(entries, key=lambda entry: entry.at)[::-1]
