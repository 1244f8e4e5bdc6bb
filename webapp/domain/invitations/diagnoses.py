"""Why an invitation has no answer: what holds it up, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp import clock, config
from webapp.domain.deliverability import deliveries, fault_words, suppressions
from webapp.domain.deliverability.deliveries import Mails
from webapp.domain.deliverability.faults import Cause as Fault
from webapp.domain.invitations import refused_tries
from webapp.languages import gettext, marked, ngettext
from webapp.models import Delivery, DeliveryState, Invitation, RefusedTry

SLOW = timedelta(minutes=5)  # after which a mail should be on its way

# What to do, by name; the page has a button for each but the last two.
RESEND, COPY, FIX, RETRY, WAIT, ASK = "resend", "copy", "fix", "retry", "wait", "ask"
REASONS = {
    "name": marked("the name was refused"),
    "username": marked("the username was refused"),
    "password": marked("the password or code was refused"),
    refused_tries.ENDED: marked("the link no longer worked"),
    refused_tries.OTHER: marked("something else was in the way"),
}

Cause = tuple[str, Sequence[str]]  # in words, and what to do about it


@dataclass(frozen=True, slots=True)
class FailedTries:
    """How often the form was refused for one reason, in words, and when it was last."""

    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the invitation waits for, what to do about it, and what was tried in vain."""

    words: str
    next: Sequence[str]
    tries: Sequence[FailedTries]
    mail: Delivery | None = None  # the one to try again


def of(invitation: Invitation, mails: Mails) -> Diagnosis | None:
    """What holds up an invitation that is pending or expired; None for one that was ended."""
    if not invitation.may_be_resent:
        return None
    tries = refused_tries.of(invitation)
    mail = next((row for row in mails.rows if row.link_number == invitation.link_number), None)
    words, advice = _cause(invitation, mail, tries)
    return Diagnosis(words, advice, [FailedTries(_times(row), row.last_at) for row in tries], mail)


def _cause(invitation: Invitation, mail: Delivery | None, tries: Sequence[RefusedTry]) -> Cause:
    """The first thing that holds the invitation up."""
    blocked = suppressions.words(invitation)
    if not invitation.is_backed():
        closed = gettext(
            "The person who invited them is no longer an admin, so the link does not work."
        )
        if blocked:
            return f"{closed} {blocked}", (FIX,)
        return closed + " " + gettext("A new link will be in your name."), (RESEND,)
    if invitation.is_expired(clock.now()):
        if blocked:
            words = gettext("The link expired.")
            return f"{words} {blocked}", (FIX,)
        words = gettext(
            "The link expired before there was an answer. A new one gets a full new term."
        )
        return words, (RESEND,)
    if blocked:
        words = gettext("The link still works, and you can pass it on in another way.")
        return f"{blocked} {words}", (FIX, COPY)
    if mail is None:
        words = gettext("No mail was sent with this link. Copy it and pass it on yourself.")
        return words, (COPY, RESEND)
    return _mail_trouble(mail) or _person_trouble(invitation, tries)


def _mail_trouble(mail: Delivery) -> Cause | None:
    """What holds up the mail itself; None when a server accepted it."""
    match mail.state:
        case DeliveryState.QUEUED | DeliveryState.SENDING:
            return _waiting(mail)
        case DeliveryState.FAILED | DeliveryState.BOUNCED if words := fault_words.sentence(
            mail.blame, mail.cause
        ):
            return words, _steps(mail)
        case DeliveryState.FAILED:
            words = gettext(
                "The mail could not be sent. Fix the address if it is wrong. If it is right, try "
                "again, or copy the link and pass it on yourself."
            )
            return words, (FIX, RETRY, COPY)
        case DeliveryState.BOUNCED:
            words = gettext("The mail came back: this address cannot receive it.")
            return words, (FIX, COPY, RETRY)
        case DeliveryState.UNKNOWN:
            words = gettext(
                "The connection broke just after the mail was handed over, so it may have "
                "arrived. Ask before you send it again."
            )
            return words, (ASK, RETRY, COPY)
        case DeliveryState.SUPPRESSED:
            why = gettext(mail.words) if mail.words else ""  # words of ours, kept in English
            words = gettext("The mail was not sent.")
            return f"{words} {why}".strip(), (RESEND, COPY)
        case DeliveryState.SENT if mail.came_back_at is not None:
            words = gettext(
                "Something came back in reply to this mail, and Gatehouse does not understand it. "
                "The mail may not have arrived. Ask them, or send a new link."
            )
            return words, (ASK, RESEND, COPY)
        case DeliveryState.SENT:
            return None
    words = gettext(
        "The mail is “%(state)s”, which this version of Gatehouse does not know.", state=mail.state
    )
    return words, (ASK, COPY)


def _steps(mail: Delivery) -> Sequence[str]:
    """What to do about a mail whose address stays open; the address may be wrong all the same."""
    doubtful = (Fault.UNCLEAR, Fault.NO_DOMAIN, Fault.NO_MAIL)
    return (FIX, RETRY, COPY) if mail.cause in doubtful else (RETRY, COPY)


def _waiting(mail: Delivery) -> Cause:
    if deliveries.hold() is not None:
        words = gettext(
            "The mail server refuses our sign-in. The operator has to fix that. All mail is sent "
            "afterwards."
        )
        return words, (WAIT, COPY)
    if mail.attempts and mail.state == DeliveryState.QUEUED:
        if mail.blame:
            return fault_words.waiting(mail.cause), (WAIT, COPY)
        words = gettext("The mail server has not accepted the mail yet. We keep trying for a day.")
        return words, (WAIT, COPY)
    if clock.now() - mail.due_at > SLOW:
        words = gettext(
            "The mail has been waiting for several minutes. The operator should check whether a "
            "worker and the scheduler are running."
        )
        return words, (WAIT, COPY)
    return gettext("The mail is about to be sent."), (WAIT,)


def _person_trouble(invitation: Invitation, tries: Sequence[RefusedTry]) -> Cause:
    if not tries:
        if invitation.opened_at is None:
            words = gettext(
                "The mail was sent, but nobody has opened the link yet. It may be in their spam "
                "folder. Ask them, or send a new link."
            )
            return words, (ASK, RESEND, COPY)
        words = gettext("They opened the link but have not joined. Ask what is missing.")
        return words, (ASK, RESEND)
    return _refused(tries[0].reason)


def _refused(reason: str) -> Cause:
    if reason == "password":
        least = config.current().password_min_length
        words = gettext(
            "They tried to join, but the password was refused. New passwords need %(least)s "
            "characters and must not be common. If they already have an account, they should use "
            "that password or reset it.",
            least=least,
        )
        return words, (ASK,)
    if reason == refused_tries.ENDED:
        words = gettext(
            "They used a link that no longer works. The newest mail has the one that does."
        )
        return words, (ASK, RESEND, COPY)
    words = gettext(
        "They tried to join, but %(reason)s. Ask what the page said.", reason=_words(reason)
    )
    return words, (ASK,)


def _words(reason: str) -> str:
    return gettext(REASONS.get(reason, REASONS[refused_tries.OTHER]))


def _times(row: RefusedTry) -> str:
    return ngettext(
        "Somebody tried to join once: %(reason)s.",
        "Somebody tried to join %(num)s times: %(reason)s.",
        row.n,
        reason=_words(row.reason),
    )
