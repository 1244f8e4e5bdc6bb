"""The mail to an account's owner about a change to how they sign in.

Composed here, not in `events.owner_notices`, which queues it: events are below letters.
"""

from __future__ import annotations

from webapp import languages
from webapp.domain import letters
from webapp.domain.events import owner_notices
from webapp.domain.mail import composing, kinds
from webapp.domain.mail.composing import Composed, Drop, Wait
from webapp.domain.mail.kinds import Share
from webapp.languages import marked
from webapp.models import Delivery

# The owner's own acts cause these mails; after twenty a day, more would tell nothing new.
SHARE = Share("notice", 20)


@kinds.composes(owner_notices.KIND, cause="the owner changes how they sign in", share=SHARE)
def _compose(delivery: Delivery) -> Composed:
    notice = owner_notices.of(delivery)
    if notice is None:
        return Drop(marked("Its details were deleted before it was sent."))
    if notice.event not in owner_notices.NOTICES:
        return Wait()  # a later version queued it, and knows how to compose it
    user = composing.account(delivery)
    with languages.written_in(user.language):
        return letters.notice(delivery, user, notice)
