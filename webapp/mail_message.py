"""One email as bytes, which any mail server takes and in which nothing can be smuggled."""

from __future__ import annotations

import copy
from contextlib import suppress
from dataclasses import dataclass
from email.charset import QP, Charset
from email.header import Header
from email.mime.base import MIMEBase
from email.policy import compat32
from email.utils import formataddr, parseaddr

import flask_mail
import idna

from webapp.smtp import clean

# Quoted-printable bodies: 7 bits for any relay, and no line over 998 octets (RFC 5321 §4.5.3.1.6),
# which the one-line paragraphs of an HTML part would exceed.
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP
# Flask-Mail writes with policy.SMTP, which decodes encoded words when it folds a long line: in
# Python 3.11.7 "=?utf-8?q?=0D=0ABcc:...?=" in a subject becomes a header. This policy decodes
# nothing.
_WIRE = compat32.clone(linesep="\r\n", max_line_length=998)


@dataclass(frozen=True, slots=True)
class Letter:
    """One email to one person; `message_id` ("<...@host>") stays the same over retries."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    sender_name: str | None = None
    reply_to: str | None = None
    language: str = "en"
    return_path: str | None = None  # where bounces go; None: to the sender
    headers: tuple[tuple[str, str], ...] = ()  # further headers, by name


def blank(sender: str) -> flask_mail.Message:
    """A message to copy for each letter: making a new one asks DNS for this host's name."""
    return flask_mail.Message(sender=sender, charset=_UTF8)  # type: ignore[arg-type]


def build(letter: Letter, to: str, template: flask_mail.Message) -> bytes:
    """The letter as bytes, from the sender of `template`; needs an application context."""
    message = copy.copy(template)
    # As a tuple: Flask-Mail reads "Acme, Inc. <a@b>" as two addresses.
    message.sender = (clean(letter.sender_name or ""), str(template.sender))
    message.subject = clean(letter.subject)
    if "=?" in message.subject:  # or the reader's mail program would decode it
        message.subject = Header(message.subject, _UTF8).encode()
    message.msgId = clean(letter.message_id)
    message.body, message.alts = _encodable(letter.text), {"html": _encodable(letter.html)}
    message.extra_headers = {
        "Auto-Submitted": "auto-generated",  # RFC 3834 §5
        "X-Auto-Response-Suppress": "All",
        "Content-Language": clean(letter.language),
        **{name: clean(value, 900) for name, value in letter.headers},
    }
    with suppress(ValueError):  # an unusable Reply-To is left out
        reply_to = wire_address(letter.reply_to or "")
        if reply_to.isascii() or not to.isascii():
            message.extra_headers["Reply-To"] = _as_bytes(reply_to)
    mime = _unwrapped(message._message())
    mime.policy = _WIRE
    mime.replace_header("To", _as_bytes(to))
    _name_plainly(mime, message.sender[0])
    return mime.as_bytes()


def _unwrapped(mime: MIMEBase) -> MIMEBase:
    """Text and HTML as alternatives, and nothing around them.

    Flask-Mail puts them into a multipart/mixed, as if there were attachments: some mail programs
    then show a paperclip.
    """
    mime.set_payload(mime.get_payload(0).get_payload())  # type: ignore[union-attr]
    mime.replace_header("Content-Type", "multipart/alternative")
    return mime


def _name_plainly(mime: MIMEBase, name: str) -> None:
    """Write a sender's plain name as it is: Flask-Mail puts every name into code (RFC 2047)."""
    if name and name.isascii() and "=?" not in name:
        mime.replace_header("From", formataddr((name, parseaddr(str(mime["From"]))[1])))


def wire_address(address: str) -> str:
    """An address as SMTP takes it, its domain in A-labels (RFC 5890); raises ValueError.

    Only the part before the @ may stay outside ASCII: then it needs SMTPUTF8 (RFC 6531).
    """
    local, _, domain = address.strip().rpartition("@")
    with suppress(UnicodeError):
        # IDNA 2008, not Python's "idna": that one sends straße.example's mail to strasse.example.
        name = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
        wire = f"{local}@{name}"
        # smtplib and Flask-Mail read addresses with parseaddr, and "a,b@host" would go to "a".
        if local and name and clean(wire, len(wire)) == wire and parseaddr(wire) == ("", wire):
            return wire
    raise ValueError(f"Not an email address: {clean(address)}")


def _as_bytes(address: str) -> str:
    """UTF-8 as surrogates, which the email package writes back unchanged (RFC 6532)."""
    return address.encode().decode("ascii", "surrogateescape")


def _encodable(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and no encoding can write."""
    return text.encode("utf-8", "replace").decode()
