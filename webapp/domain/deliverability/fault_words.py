"""What pages and the operator read about a mail that came back: why, and what to do."""

from __future__ import annotations

from webapp.domain.deliverability.faults import Blame, Cause
from webapp.languages import gettext, marked

# The fault is ours: in a few words, and what the operator can do.
OURS = {
    Cause.NO_PTR: (
        marked("no PTR record"),
        marked(
            "Give the mail server’s IP address a PTR record with its host name, and check that "
            "the host name leads back to that address."
        ),
    ),
    Cause.SPF: (
        marked("SPF does not permit our mail server"),
        marked("Add the mail server to the SPF record of the domain in the return path."),
    ),
    Cause.DKIM: (
        marked("no valid DKIM signature"),
        marked(
            "Turn on DKIM signing at the mail server, and check the key in the domain’s DNS "
            "records."
        ),
    ),
    Cause.DMARC: (
        marked("our mail fails DMARC"),
        marked(
            "SPF or DKIM must pass for the domain of FROM_EMAIL itself. Check both, and the DMARC "
            "record."
        ),
    ),
    Cause.UNAUTHENTICATED: (
        marked("our mail passes neither SPF nor DKIM"),
        marked("Set up SPF, DKIM and DMARC for the domain of FROM_EMAIL."),
    ),
    Cause.BLOCK_LIST: (
        marked("our mail server is on a block list"),
        marked(
            "The response names the list. Find out why you are on it, fix the cause, and ask "
            "to be removed."
        ),
    ),
    Cause.REPUTATION: (
        marked("our mail server or domain has a bad reputation"),
        marked(
            "Send less at once (MAIL_RATE_PER_MINUTE), and register with the receiver’s "
            "postmaster tools."
        ),
    ),
    Cause.SPAM: (
        marked("our mail is taken for spam or a virus"),
        marked("Check the text and links of your mail, and SPF, DKIM and DMARC."),
    ),
    Cause.RELAY: (
        marked("relaying is denied"),
        marked(
            "Check MAIL_SERVER, how Gatehouse signs in there, and where that server forwards mail."
        ),
    ),
    Cause.RATE: (
        marked("too much mail at once"),
        marked("Lower MAIL_RATE_PER_MINUTE, or raise the limit at the mail provider."),
    ),
    Cause.TLS: (
        marked("our mail server does not use TLS"),
        marked("Turn on TLS for outgoing mail at the mail server."),
    ),
    Cause.SENDER_ADDRESS: (
        marked("our sender address is not accepted"),
        marked("FROM_EMAIL and BOUNCE_ADDRESS must be at domains that exist and accept mail."),
    ),
    Cause.HOPS: (
        marked("our mail is caught in a loop"),
        marked("Two mail servers keep sending it to each other. Check their routing."),
    ),
    Cause.POLICY: (
        marked("our mail is against the server’s policy"),
        marked("Read the response, and ask the receiving side what it requires."),
    ),
}
_OTHER = (
    marked("our mail is not accepted"),
    marked("Read the response, and ask the receiving side what it requires."),
)
_SENDER = marked(
    "The mail did not arrive: the receiving server refuses mail from this installation "
    "(%(cause)s). Nothing is wrong with the address. The operator has to fix this. Then try "
    "again, or copy the link and pass it on yourself."
)
_WAITING = marked(
    "The mail server refuses our mail (%(cause)s). The operator has to fix this. We keep trying "
    "for a day."
)
_MAILBOX = {
    Cause.FULL: marked(
        "The mail did not arrive: the mailbox is full, or gets too much mail. Try again later, or "
        "copy the link and pass it on yourself."
    ),
    Cause.TOO_BIG: marked(
        "The mail did not arrive: it was too big for the mailbox. Copy the link and pass it on "
        "yourself."
    ),
    Cause.CLOSED: marked(
        "The mail did not arrive: the mailbox accepts mail only from certain senders. Ask the "
        "person to allow this one and try again, or copy the link and pass it on yourself."
    ),
}
_NO_MAIL = marked(
    "The mail did not arrive: the mailbox is not accepting mail. Ask the person about it and try "
    "again, or copy the link and pass it on yourself."
)
_GAVE_UP = marked(
    "The mail did not arrive: a mail server on the way kept trying, and gave up. Try again, or "
    "copy the link and pass it on yourself."
)
_NO_DOMAIN = marked(
    "The mail did not arrive: a mail server on the way could not find the domain, and gave up. "
    "Fix the address if it is wrong. If it is right, try again, or copy the link and pass it on "
    "yourself."
)
_PROVIDER = marked(
    "The mail provider did not send the mail. Ask the operator to check with the provider. Then "
    "try again, or copy the link and pass it on yourself."
)
_UNCLEAR = marked(
    "The mail came back, and the server did not say clearly why. Fix the address if it is wrong. "
    "If it is right, try again, or copy the link and pass it on yourself."
)


def sentence(blame: str | None, cause: str | None) -> str | None:
    """Why the mail did not arrive and what to do, if it is not the address's own fault."""
    match blame:
        case Blame.SENDER:
            return gettext(_SENDER, cause=gettext(ours(cause)[0]))
        case Blame.MAILBOX:
            return gettext(_MAILBOX.get(cause, _NO_MAIL))  # type: ignore[call-overload]
        case Blame.GAVE_UP if cause == Cause.PROVIDER:
            return gettext(_PROVIDER)
        case Blame.GAVE_UP:
            return gettext(_NO_DOMAIN if cause in (Cause.NO_DOMAIN, Cause.NO_MAIL) else _GAVE_UP)
        case Blame.UNCLEAR:
            return gettext(_UNCLEAR)
    return None


def waiting(cause: str | None) -> str:
    """Why a mail is not sent yet, if it is refused for a fault of ours."""
    return gettext(_WAITING, cause=gettext(ours(cause)[0]))


def ours(cause: str | None) -> tuple[str, str]:
    """A fault of ours in a few words, and what to do about it; in English, marked."""
    return OURS.get(cause, _OTHER)  # type: ignore[call-overload, no-any-return]
