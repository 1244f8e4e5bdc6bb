"""Why an invitation has no answer: how far it got, what holds it up, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp import clock, config
from webapp.domain.deliverability import deliveries, suppressions
from webapp.domain.deliverability.deliveries import Mails
from webapp.domain.invitations import refused_tries
from webapp.models import Delivery, DeliveryState, Invitation, RefusedTry

SLOW = timedelta(minutes=5)  # after which a mail should have been taken up

# What to do, by name; the page has a button for each but the last two.
RESEND, COPY, FIX, RETRY, WAIT, ASK = "resend", "copy", "fix", "retry", "wait", "ask"
REASONS = {
    "name": "the name was not taken",
    "username": "the username was not taken",
    "password": "the password, or the code beside it, was not taken",
    refused_tries.ENDED: "the link had ended, or was an earlier one",
    refused_tries.OTHER: "it could not be done as things stood",
}

Cause = tuple[str, Sequence[str]]  # in words, and what to do about it


@dataclass(frozen=True, slots=True)
class Step:
    """A step towards the answer: whether it was taken (None: not known yet), in words, and when."""

    taken: bool | None
    words: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The steps so far, what the invitation waits for, and what to do about it."""

    steps: Sequence[Step]
    words: str
    next: Sequence[str]
    mail: Delivery | None = None  # the one to try again


def of(invitation: Invitation, mails: Mails) -> Diagnosis | None:
    """What holds up an invitation that is pending or expired; None for one that was ended."""
    if not invitation.may_be_resent:
        return None
    tries = refused_tries.of(invitation)
    mail = next((row for row in mails.rows if row.link_number == invitation.link_number), None)
    words, advice = _cause(invitation, mail, tries)
    steps = [_mail_step(mail), *_arrival_steps(mail), _opening_step(invitation), _form_step(tries)]
    if invitation.is_expired(clock.now()):
        steps.append(Step(False, "The link ran out", invitation.expires_at))
    return Diagnosis(steps, words, advice, mail)


def _cause(invitation: Invitation, mail: Delivery | None, tries: Sequence[RefusedTry]) -> Cause:
    """The first thing that holds the invitation up."""
    blocked = suppressions.words(invitation)
    if not invitation.is_backed():
        closed = "The person who invited is no longer an admin, so the link does not work."
        if blocked:
            return f"{closed} {blocked}", (FIX,)
        return f"{closed} A new link goes out in your name.", (RESEND,)
    if invitation.is_expired(clock.now()):
        if blocked:
            return f"The link ran out. {blocked}", (FIX,)
        return "The link ran out before there was an answer. A new one starts the term anew.", (
            RESEND,
        )
    if blocked:
        return f"{blocked} The link still works.", (FIX, COPY)
    if mail is None:
        return "No mail was sent with this link: it was meant to be handed over.", (COPY, RESEND)
    return _mail_trouble(mail) or _person_trouble(invitation, tries)


def _mail_trouble(mail: Delivery) -> Cause | None:
    """What holds up the mail itself; None when a server took it."""
    match mail.state:
        case DeliveryState.QUEUED | DeliveryState.SENDING:
            return _waiting(mail)
        case DeliveryState.FAILED:
            return (
                "The mail was not taken. Put the address right if it is wrong; else try "
                "again, or hand the link over.",
                (FIX, RETRY, COPY),
            )
        case DeliveryState.BOUNCED:
            return "The mail came back: nobody reads mail at this address.", (FIX, COPY)
        case DeliveryState.UNKNOWN:
            return (
                "The connection broke after the mail was handed over, so it may have "
                "arrived. Ask before you send it again.",
                (ASK, RETRY, COPY),
            )
        case DeliveryState.SUPPRESSED:
            return f"The mail was held back. {mail.words or ''}".strip(), (RESEND, COPY)
        case DeliveryState.SENT:
            return None
    return f"The mail is “{mail.state}”, which this version of Gatehouse does not know.", (
        ASK,
        COPY,
    )


def _waiting(mail: Delivery) -> Cause:
    if deliveries.hold() is not None:
        return (
            "The mail server refuses our sign-in. The operator has to put that right; then "
            "all mail leaves by itself.",
            (WAIT, COPY),
        )
    if mail.attempts and mail.state == DeliveryState.QUEUED:
        return "The mail was not taken yet. It is tried again by itself, for a day.", (WAIT, COPY)
    if clock.now() - mail.due_at > SLOW:
        return (
            "The mail was due minutes ago and nothing has taken it up. The operator should "
            "see whether a worker and the scheduler are running.",
            (WAIT, COPY),
        )
    return "The mail is about to leave.", (WAIT,)


def _person_trouble(invitation: Invitation, tries: Sequence[RefusedTry]) -> Cause:
    if not tries:
        if invitation.opened_at is None:
            return (
                "The mail was taken, and nobody has opened the link. It may lie among "
                "unwanted mail, or be read later. Ask, or send a new link.",
                (ASK, RESEND, COPY),
            )
        return "The link was opened and nothing was sent. Ask what is missing.", (ASK, RESEND)
    return _refused(tries[0].reason)


def _refused(reason: str) -> Cause:
    if reason == "password":
        least = config.current().password_min_length
        return (
            f"Somebody tried, and the password was not taken. A new one needs {least} "
            "characters that few others use; whoever has an account here uses its password, "
            "and can replace it from the sign-in page.",
            (ASK,),
        )
    if reason == refused_tries.ENDED:
        return "Somebody used a link that had ended. The newest mail has the one that works.", (
            ASK,
            RESEND,
            COPY,
        )
    return (
        f"Somebody tried, and {_words(reason)}. Ask what the page said.",
        (ASK,),
    )


def _words(reason: str) -> str:
    return REASONS.get(reason, REASONS[refused_tries.OTHER])


def _mail_step(mail: Delivery | None) -> Step:
    if mail is None:
        return Step(False, "Not mailed with this link")
    return Step(True, "Mailed" if mail.kind != "reminder" else "Reminded", mail.created_at)


def _arrival_steps(mail: Delivery | None) -> list[Step]:
    if mail is None:
        return []
    outcomes: dict[str, tuple[bool | None, str]] = {
        DeliveryState.SENT: (True, "A mail server took it"),
        DeliveryState.BOUNCED: (False, "It came back"),
        DeliveryState.FAILED: (False, "No mail server took it"),
        DeliveryState.UNKNOWN: (None, "It may have arrived"),
        DeliveryState.SUPPRESSED: (False, "It was held back"),
    }
    taken, words = outcomes.get(mail.state, (None, "It has not left yet"))
    return [Step(taken, words, mail.settled_at)]


def _opening_step(invitation: Invitation) -> Step:
    if invitation.opened_at is None:
        return Step(False, "Nobody has opened the link")
    return Step(True, "The link was opened", invitation.opened_at)


def _form_step(tries: Sequence[RefusedTry]) -> Step:
    if not tries:
        return Step(False, "The form was not sent")
    reasons = "; ".join(
        f"{_words(row.reason)} ({'once' if row.n == 1 else f'{row.n} times'})" for row in tries
    )
    return Step(False, f"The form was sent and refused: {reasons}", tries[0].last_at)
