"""The mail to somebody who has joined by a mailed link."""

from __future__ import annotations

from webapp import languages
from webapp.domain import letters
from webapp.domain.mail import composing, kinds
from webapp.domain.mail.composing import Composed, Drop, Wait
from webapp.domain.organizations import permissions
from webapp.languages import marked
from webapp.models import Delivery, Role

KIND = "welcome"


@kinds.composes(KIND, cause="the owner joins", share=None)
def _compose(delivery: Delivery) -> Composed:
    organization, user = composing.organization(delivery), composing.account(delivery)
    role = permissions.role_of(organization.id, user.id, hold=False)
    if role is None:
        return Drop(marked("They were no longer a member when it was due."))
    if role not in set(Role):
        return Wait()  # a later version gave it, and will know what to call it
    with languages.written_in(user.language, organization.language):
        return letters.welcome(delivery, organization, user, role)
