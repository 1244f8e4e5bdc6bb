"""Why mail comes back: the cause, whose fault it is, and who can put it right."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Blame(StrEnum):
    """Whose fault it is that a mail did not arrive; only an address's own shuts it."""

    ADDRESS = "address"  # nobody has it: it is not mailed again
    MAILBOX = "mailbox"  # there it is, and takes no mail, or not this one
    SENDER = "sender"  # our server, our domain or our letter is refused
    GAVE_UP = "gave_up"  # a server on the way waited in vain
    UNCLEAR = "unclear"  # the report does not tell


class Cause(StrEnum):
    """What was wrong, as far as pages have a sentence of their own for it."""

    NO_MAILBOX = "no_mailbox"
    NO_DOMAIN = "no_domain"
    NO_MAIL = "no_mail"
    FULL = "full"
    DISABLED = "disabled"
    TOO_BIG = "too_big"
    CLOSED = "closed"
    NO_PTR = "no_ptr"
    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"
    UNAUTHENTICATED = "unauthenticated"
    BLOCK_LIST = "block_list"
    REPUTATION = "reputation"
    SPAM = "spam"
    RELAY = "relay"
    RATE = "rate"
    TLS = "tls"
    SENDER_ADDRESS = "sender_address"
    HOPS = "hops"
    POLICY = "policy"
    UNREACHED = "unreached"
    GAVE_UP = "gave_up"
    PROVIDER = "provider"
    UNCLEAR = "unclear"


BLAMES = {
    **dict.fromkeys((Cause.NO_MAILBOX, Cause.NO_DOMAIN, Cause.NO_MAIL), Blame.ADDRESS),
    **dict.fromkeys((Cause.FULL, Cause.DISABLED, Cause.TOO_BIG, Cause.CLOSED), Blame.MAILBOX),
    **dict.fromkeys((Cause.UNREACHED, Cause.GAVE_UP, Cause.PROVIDER), Blame.GAVE_UP),
    Cause.UNCLEAR: Blame.UNCLEAR,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A cause with the server's code: RFC 3463's like "5.7.25", or SMTP's like "550", or none."""

    cause: Cause
    code: str = ""
    gave_up: bool = False  # a server tried until its time was over, for whatever cause

    @property
    def blame(self) -> Blame:
        """Whose fault it is; a temporary error shuts no address, whatever its text says."""
        blame = BLAMES.get(self.cause, Blame.SENDER)
        is_told = blame in (Blame.MAILBOX, Blame.SENDER)
        return Blame.GAVE_UP if self.gave_up and not is_told else blame

    @property
    def has_failed(self) -> bool:
        """Whether the mail never arrived anywhere, rather than being refused and sent back."""
        return self.gave_up or self.blame is Blame.GAVE_UP
