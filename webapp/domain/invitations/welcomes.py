"""The mail to somebody who has joined by a mailed link."""

from __future__ import annotations

from webapp.domain import letters
from webapp.domain.mail import composing, kinds
from webapp.domain.mail.composing import Composed, Drop, Wait
from webapp.domain.organizations import permissions
from webapp.models import Delivery, Role

KIND = "welcome"


@kinds.composes(KIND, cause="the owner joins", share=None)
def _compose(delivery: Delivery) -> Composed:
    organization, user = composing.organization(delivery), composing.account(delivery)
    role = permissions.role_of(organization.id, user.id, hold=False)
    if role is None:
        return Drop("They were no member any more before it was sent.")
    if role not in set(Role):
        return Wait()  # a later version gave it, and will know what to call it
    return letters.welcome(delivery, organization, user, role)
