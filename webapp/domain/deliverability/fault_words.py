"""What pages and the operator read about a mail that came back: why, and what to do."""

from __future__ import annotations

from webapp.domain.deliverability.faults import Blame, Cause
from webapp.languages import gettext, marked

# The fault is ours: in a few words, and what the operator can do.
OURS = {
    Cause.NO_PTR: (
        marked("no PTR record"),
        marked(
            "Have the network address of the mail server given a PTR record with its host name, "
            "and the host name a record with that address."
        ),
    ),
    Cause.SPF: (
        marked("SPF does not permit our mail server"),
        marked("Add the mail server to the SPF record of the domain in the return path."),
    ),
    Cause.DKIM: (
        marked("no valid DKIM signature"),
        marked("Let the mail server sign with DKIM, and check the key in the domain’s records."),
    ),
    Cause.DMARC: (
        marked("DMARC is not met"),
        marked(
            "SPF or DKIM must be valid for the domain of FROM_EMAIL itself. Check both, and the "
            "DMARC record."
        ),
    ),
    Cause.UNAUTHENTICATED: (
        marked("neither SPF nor DKIM vouches for us"),
        marked("Set up SPF, DKIM and DMARC for the domain of FROM_EMAIL."),
    ),
    Cause.BLOCK_LIST: (
        marked("our mail server is on a block list"),
        marked("The response names the list. Find out why, fix that, and ask to be removed."),
    ),
    Cause.REPUTATION: (
        marked("our mail server or domain has a bad reputation"),
        marked("Send less at once (MAIL_RATE_PER_MINUTE), and register with the postmaster tools."),
    ),
    Cause.SPAM: (
        marked("our mail is taken for spam or a virus"),
        marked("Check the texts and links of the mails, and SPF, DKIM and DMARC."),
    ),
    Cause.RELAY: (
        marked("it does not relay our mail"),
        marked("Check MAIL_SERVER and how Gatehouse signs in there, and where it sends mail on."),
    ),
    Cause.RATE: (
        marked("too much mail at once"),
        marked("Lower MAIL_RATE_PER_MINUTE, or raise the limit at the mail provider."),
    ),
    Cause.TLS: (
        marked("our mail server does not encrypt"),
        marked("Let the mail server use TLS for outgoing mail."),
    ),
    Cause.SENDER_ADDRESS: (
        marked("our sender’s address is not accepted"),
        marked("FROM_EMAIL and BOUNCE_ADDRESS must be of domains that exist and take mail."),
    ),
    Cause.HOPS: (
        marked("the mail goes round in circles"),
        marked("Two mail servers send it to each other. Check their routes."),
    ),
    Cause.POLICY: (
        marked("it is against the server’s policy"),
        marked("Read the response, and ask the receiving side what they demand."),
    ),
}
_OTHER = (
    marked("our mail is not accepted"),
    marked("Read the response, and ask the receiving side what they demand."),
)
_SENDER = marked(
    "The mail did not arrive: the receiving server refuses mail from this installation "
    "(%(cause)s). Nothing is wrong with the address. The operator has to fix that. Then try "
    "again, or copy the link and hand it over yourself."
)
_MAILBOX = {
    Cause.FULL: marked(
        "The mail did not arrive: the mailbox is full, or gets too much mail. Try again later, or "
        "copy the link and hand it over yourself."
    ),
    Cause.TOO_BIG: marked(
        "The mail did not arrive: it was too big for the mailbox. Copy the link and hand it over "
        "yourself."
    ),
    Cause.CLOSED: marked(
        "The mail did not arrive: the mailbox takes mail from certain senders only. Ask them to "
        "allow this one, and try again, or copy the link and hand it over yourself."
    ),
}
_NO_MAIL = marked(
    "The mail did not arrive: the mailbox takes no mail at present. Ask them, and try again, or "
    "copy the link and hand it over yourself."
)
_GAVE_UP = marked(
    "The mail did not arrive: a mail server on the way tried again and again, and gave up. Try "
    "again, or copy the link and hand it over yourself."
)
_NO_DOMAIN = marked(
    "The mail did not arrive: a mail server on the way found no domain of this name, and gave up. "
    "Fix the address if it is wrong. If it is right, try again, or copy the link and hand it over "
    "yourself."
)
_PROVIDER = marked(
    "The mail provider did not send the mail. Ask the operator to look there. Then try again, or "
    "copy the link and hand it over yourself."
)
_UNCLEAR = marked(
    "The mail came back, and the server did not say clearly why. Fix the address if it is wrong. "
    "If it is right, try again, or copy the link and hand it over yourself."
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


def ours(cause: str | None) -> tuple[str, str]:
    """A fault of ours in a few words, and what to do about it; in English, marked."""
    return OURS.get(cause, _OTHER)  # type: ignore[call-overload, no-any-return]
