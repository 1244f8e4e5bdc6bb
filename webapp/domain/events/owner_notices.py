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
from webapp.languages import marked
from webapp.models import AccountNotice, Delivery, Event, User

KIND = "notice"
KEPT = timedelta(days=7)  # longer than a mail is tried


class NoticeText(NamedTuple):
    """What the mail about an event says: its subject, what happened, and what to do.

    In `what`, {where} is empty or the device, after a comma; `advice` is in sentences.
    """

    subject: str
    what: str
    advice: tuple[str, ...]


_SIGN_OUT = marked(
    "If this was not you, set a new password now. That signs out everyone who is signed in as you."
)
# The events of which their person is told by mail.
NOTICES = {
    "PasswordChanged": NoticeText(
        marked("Your password was changed"),
        marked("On {time}, the password of {email} was changed{where}."),
        (_SIGN_OUT,),
    ),
    "SecondFactorOn": NoticeText(
        marked("Your second factor was turned on"),
        marked("On {time}, the second factor of {email} was turned on{where}."),
        (
            _SIGN_OUT,
            marked(
                "Then ask the operator of this site to remove the second factor, because you "
                "cannot sign in without its codes."
            ),
        ),
    ),
    "SecondFactorOff": NoticeText(
        marked("Your second factor was turned off"),
        marked("On {time}, the second factor of {email} was turned off{where}."),
        (_SIGN_OUT, marked("Then turn the second factor on again.")),
    ),
    "RecoveryCodeUsed": NoticeText(
        marked("A recovery code was used"),
        marked(
            "On {time}, a recovery code of {email} was used instead of a code from your app{where}."
        ),
        (
            _SIGN_OUT,
            marked("Then turn the second factor off and on again to replace the recovery codes."),
        ),
    ),
}
BY_OPERATOR = NoticeText(
    marked("Your second factor was removed"),
    marked("On {time}, the operator of this site removed the second factor of {email}{where}."),
    (
        marked(
            "From now on you sign in with your password alone. You can turn a second factor on "
            "again in your account."
        ),
        marked(
            "If you did not ask for this, tell the operator, and set a new password now. That "
            "signs out everyone who is signed in as you."
        ),
    ),
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
