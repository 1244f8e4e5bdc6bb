"""Mails to an account's owner about changes to how they sign in.

`events.record` calls this, so no verb can forget it; what is rolled back was never told.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Select, delete

from webapp import clock, trace
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.domain.mail import queue
from webapp.models import AccountNotice, Delivery, Event, User

KIND = "notice"
KEPT = timedelta(days=7)  # longer than a mail is tried
_SIGN_OUT = "set a new password now: that signs out everybody who is signed in as you."


class NoticeText(NamedTuple):
    """What the mail about an event says: its subject, what happened, and what to do."""

    subject: str
    what: str
    advice: str


# The events of which their person is told by mail.
NOTICES = {
    "PasswordChanged": NoticeText(
        "Your password was changed",
        "The password of {email} was changed",
        f"If it was not you, {_SIGN_OUT}",
    ),
    "SecondFactorOn": NoticeText(
        "The second factor was switched on",
        "The second factor of {email} was switched on",
        f"If it was not you, {_SIGN_OUT} Then ask the operator of this installation to take the "
        "second factor off, since nobody gets in without its codes.",
    ),
    "SecondFactorOff": NoticeText(
        "The second factor was switched off",
        "The second factor of {email} was switched off",
        f"If it was not you, {_SIGN_OUT} Then switch the second factor on again.",
    ),
    "RecoveryCodeUsed": NoticeText(
        "A recovery code was used",
        "A recovery code of {email} was used in place of a code from your app",
        f"If it was not you, {_SIGN_OUT} Then switch the second factor off and on again: that "
        "makes new recovery codes and ends the old ones.",
    ),
}
BY_OPERATOR = NoticeText(
    "The second factor was taken off",
    "The operator of this installation took the second factor of {email} off",
    "From now on the password alone signs you in; you can switch the second factor on again in "
    f"your account. If you did not ask for this, tell the operator, and {_SIGN_OUT}",
)


def tell(event: Event) -> None:
    """Queue the mail about an event of the present transaction, if there is one for it.

    An unverified account gets none: nobody has proved to read mail at its address.
    """
    if event.name not in NOTICES or event.person_id is None:
        return
    user = db.session.get(User, event.person_id)
    delivery = queue.queue_mail(KIND, organization_id=None, user=user) if user else None
    if delivery is None:
        return
    request = trace.current()
    db.session.add(
        AccountNotice(
            delivery=delivery,
            event=event.name,
            actor=event.actor,
            at=event.at,
            address=request.address,
            device=request.device,
        )
    )


def of(delivery: Delivery) -> AccountNotice | None:
    """What the mail is about; None once that was forgotten."""
    return db.session.get(AccountNotice, delivery.id)


def text_of(notice: AccountNotice) -> NoticeText:
    """The text of the notice."""
    by_operator = notice.event == "SecondFactorOff" and notice.actor == "operator"
    return BY_OPERATOR if by_operator else NOTICES[notice.event]


def forget_of(mails: Select[int]) -> None:
    """Forget what these mails are about, in the present transaction."""
    db.session.execute(delete(AccountNotice).where(AccountNotice.delivery_id.in_(mails)))


@upkeep.forgets
@transaction()
def forget() -> int:
    """Forget what mails of a week ago were about; returns how many."""
    old = delete(AccountNotice).where(AccountNotice.at < clock.now() - KEPT)
    return int(db.session.execute(old).rowcount)  # type: ignore[attr-defined]
