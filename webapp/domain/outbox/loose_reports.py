"""What a message says that is no report by RFC 3464 and may still be about an undelivered mail.

Only asked about a message that came to a mail's own signed return path or quotes its Message-ID,
and only about the address of that mail. flufl.bounce knows the forms of many servers; the words
beside the address tell why. As everywhere here: bounded, and never an error.
"""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from email.message import Message
from email.parser import BytesParser
from email.utils import parseaddr
from importlib import import_module
from itertools import islice

from webapp.domain.deliverability import bounce_reading
from webapp.domain.deliverability.faults import Cause
from webapp.domain.outbox import incoming
from webapp.domain.outbox.delivery_reports import Recipient
from webapp.smtp import clean

# It tells each step, and with an error what it has read, which is other people's mail.
logging.getLogger("flufl.bounce").disabled = True

LOOKED_AT = 64 * 1024  # octets; a server's words come before the mail that it returns
LINES = 500  # flufl.bounce reads each as often as it knows forms
LONGEST_LINE = 998  # RFC 5322 §2.1.1; some patterns of flufl.bounce take quadratic time in it
NEAR = 12  # lines below the address in which its failure is told

_QUOTED_ID = re.compile(
    rb"^[> \t]*Message-ID:\s{0,4}(<[^<>\s]{3,250}>)", re.IGNORECASE | re.MULTILINE
)
_DAEMON = re.compile(r"mailer.?daemon|postmaster|mail.?deliver|mdaemon|mail.?system|bounce", re.I)
_FAILURE = re.compile(
    r"undeliver|un?zustellbar|nicht zugestellt|deliver\w* .{0,20}(fail|report|status|error|notif)|"
    r"fail\w* .{0,20}(deliver|notice|mail)|returned|not delivered|could not be|недостав|mail error",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"delayed|not (yet )?been delivered yet|will (be retried|keep trying|continue|try again|retry)|"
    r"still (being|trying)|warning message only|no action is required|not need to resend",
    re.IGNORECASE,
)
_DELIVERED = re.compile(
    r"successfully (delivered|relayed)|was (delivered|relayed) to", re.IGNORECASE
)
_BY_PROGRAMS = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
_AWAY = re.compile(
    r"out of (the )?office|auto(matic)?[ -]?(reply|response|matische antwort)|on vacation|abwesen|"
    r"absence|réponse automatique|respuesta automática|fuera de la oficina|risposta automatica",
    re.IGNORECASE,
)
# Where the returned mail begins: nothing from there on is the server's own words.
_COPY = re.compile(
    r"[-=_* ]*(below this line|this is a copy|(the )?(headers? of the )?(original|returned|unsent) "
    r".{0,30}(message|header|mail)\b.{0,20}(follow|[-=:]|$))|"
    r"(message|headers?)( text| headers?)? follows?|(received|return-path|mime-version|message-id|"
    r"dkim-signature|x-entity-ref-id|list-unsubscribe):",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\d.])([45]\d\d[ \-:]|[45]\.\d{1,3}\.\d{1,3}(?!\.?\d))")
_TAGS = re.compile(r"<(?!mailto)[/a-z!][^<>@]{0,500}>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LooseReport:
    """A message that is no report, and what can be asked about it."""

    mail: Message
    raw: bytes  # at most incoming.MOST

    @property
    def came_to(self) -> tuple[str, ...]:
        """The addresses that it was sent to."""
        return incoming.came_to(self.mail)

    @property
    def message_ids(self) -> tuple[str, ...]:
        """The Message-IDs of the mails that it quotes, as far as it is about their failure."""
        if not self.is_about_failure:
            return ()
        return tuple(found.decode("latin-1") for found in _QUOTED_ID.findall(self.raw))

    @property
    def is_about_failure(self) -> bool:
        """Whether a mail server seems to have written it, and not a person or their program."""
        sender, subject = (incoming.value(self.mail, name) for name in ("From", "Subject"))
        if "X-Failed-Recipients" in self.mail:
            return True
        return bool(_DAEMON.search(parseaddr(sender)[1] or sender) or _FAILURE.search(subject))

    @property
    def is_answer(self) -> bool:
        """Whether a program of the recipient's wrote it, or it says that the mail was read."""
        kind, report = self.mail.get_content_type(), self.mail.get_param("report-type")
        if kind == "multipart/report" and report == "disposition-notification":
            return True
        is_automatic = (
            any(name in self.mail for name in _BY_PROGRAMS)
            or incoming.value(self.mail, "Auto-Submitted").lower().startswith("auto-")
            or incoming.value(self.mail, "Precedence").lower() in ("auto_reply", "bulk", "junk")
            or _AWAY.search(incoming.value(self.mail, "Subject"))
        )
        return bool(is_automatic) and not self.is_about_failure

    def outcome(self, address: str) -> Recipient | None:
        """What it says became of the mail to this address; None when that is not understood."""
        if not self.is_about_failure or not address:
            return None
        lines = _own_words(self.mail)
        place = next((n for n, line in enumerate(lines) if address.lower() in line.lower()), None)
        if place is None:
            return None
        text = "\n".join(lines)
        is_temporary, is_permanent = _second_opinion(self.raw, address)
        words = _telling(lines[place : place + NEAR]) or _telling(lines) or lines[place]
        if _DELIVERED.search(text) or is_temporary or (_LATER.search(text) and not is_permanent):
            return Recipient((address,), False, words)
        fault = bounce_reading.classify("", words)
        if fault.cause is Cause.UNCLEAR and not is_permanent and not _CODE.search(words):
            return None
        return Recipient((address,), True, words)


def explained(mail: Message, recipient: Recipient) -> Recipient:
    """The recipient of a report that has no diagnosis, with what the report tells people."""
    if not recipient.failed_for_good or recipient.words != recipient.status:
        return recipient
    lines = _own_words(mail)
    for place, line in enumerate(lines):
        if any(address.lower() in line.lower() for address in recipient.addresses):
            words = _telling(lines[place : place + NEAR])
            is_told = recipient.status in words
            words = words if is_told else f"{recipient.status} {words}".strip()
            return replace(recipient, words=words)
    return recipient


def _own_words(mail: Message) -> list[str]:
    """The lines of the server's own text, without the mail that it returns."""
    found: list[str] = []
    for part in _texts(mail):
        payload = part.get_payload(decode=True)
        text = payload[:LOOKED_AT].decode("utf-8", "replace") if isinstance(payload, bytes) else ""
        if part.get_content_type() == "text/html":
            text = html.unescape(_TAGS.sub(" ", text.replace("<br", "\n<br").replace("<p", "\n<p")))
        for line in islice(text.splitlines(), LINES):
            if _COPY.match(line.strip()[:200]):
                return found
            if line := clean(line, LONGEST_LINE):
                found.append(line)
    return found


def _texts(mail: Message) -> Iterable[Message]:
    parts = [part for part in (mail, *incoming.parts(mail)) if not part.is_multipart()]
    plain = [part for part in parts if part.get_content_type() == "text/plain"]
    return plain or [part for part in parts if part.get_content_type() == "text/html"]


def _telling(lines: list[str]) -> str:
    """The first line with a code or words that a rule knows, and how it goes on."""
    for number, line in enumerate(lines):
        if _CODE.search(line) or bounce_reading.classify("", line).cause is not Cause.UNCLEAR:
            return clean(" ".join(lines[number : number + 3]), 500)
    return ""


def _second_opinion(raw: bytes, address: str) -> tuple[bool, bool]:
    """Whether flufl.bounce takes this for a temporary, or a permanent, failure of the address."""
    # In memory only where a bounce came.
    all_failures = import_module("flufl.bounce").all_failures
    lines = raw[:LOOKED_AT].splitlines()[:LINES]
    short = b"\n".join(line[:LONGEST_LINE] for line in lines)
    try:
        temporary, permanent = all_failures(
            BytesParser(policy=incoming.Bounded()).parsebytes(short)
        )
    except Exception:  # its detectors are made for reports, and this may be anything
        return False, False
    ours = address.lower().encode("utf-8", "replace")
    return tuple(ours in {one.lower() for one in found} for found in (temporary, permanent))  # type: ignore[return-value]
