"""The mail to an account's owner about a change to how they sign in.

Composed here, not in `events.owner_notices`, which queues it: events are below letters.
"""

from __future__ import annotations

from webapp.domain import letters
from webapp.domain.events import owner_notices
from webapp.domain.mail import composing, kinds
from webapp.domain.mail.composing import Composed, Drop, Wait
from webapp.domain.mail.kinds import Share
from webapp.models import Delivery

# The owner's own acts cause these mails; after twenty a day, more would tell nothing new.
SHARE = Share("notice", 20)


@kinds.composes(owner_notices.KIND, cause="the owner changes how they sign in", share=SHARE)
def _compose(delivery: Delivery) -> Composed:
    notice = owner_notices.of(delivery)
    if notice is None:
        return Drop("What it was about was forgotten before it was sent.")
    if notice.event not in owner_notices.TOLD:
        return Wait()  # a later version queued it, and knows how to compose it
    return letters.notice(delivery, composing.account(delivery), notice)
