"""One message, or a batch over one connection; every answer of the server becomes an Outcome."""

from __future__ import annotations

import copy
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.charset import QP, Charset
from email.header import Header
from email.policy import compat32
from email.utils import parseaddr

import flask_mail
import idna
from flask import Flask

from webapp.smtp import (
    SIGN_IN,
    Connection,
    Result,
    SignInError,
    Watched,
    answer_words,
    clean,
    plain,
)

# Quoted-printable bodies: 7 bits for any relay, and no line over 998 octets (RFC 5321 §4.5.3.1.6),
# which the one-line paragraphs of an HTML part would be.
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP
# Flask-Mail writes with policy.SMTP, which decodes encoded words when it folds a long line: in
# Python 3.11.7 "=?utf-8?q?=0D=0ABcc:...?=" in a subject becomes a header. This one decodes nothing.
_WIRE = compat32.clone(linesep="\r\n", max_line_length=998)


@dataclass(frozen=True, slots=True)
class Letter:
    """One email to one person, ready to build; `message_id` ("<...@host>") outlives retries."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    sender_name: str | None = None
    reply_to: str | None = None
    language: str = "en"
    return_path: str | None = None  # where reports go; the mailer's own sender when None
    headers: tuple[tuple[str, str], ...] = ()  # more of them, by name


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result with the server's own words: one printable line, at most 500 characters."""

    result: Result
    words: str


class Mailer:
    """The way to one mail server; ValueError for a `from_email` that cannot be one.

    `timeout`, in seconds: for all of one letter up to its final dot, connecting included, and
    again for the answer to the dot (RFC 5321 §4.5.3.2.6: too little there makes duplicates).
    """

    def __init__(
        self, *, server: str, from_email: str, port: int = 25, use_tls: bool = False,
        use_ssl: bool = False, username: str | None = None, password: str | None = None,
        timeout: float = 60.0,
    ) -> None:  # fmt: skip
        self.sender, self.timeout, self.where = _wire(from_email), timeout, f"{server}:{port}"
        if not self.sender.isascii():
            raise ValueError(f"Not every mail server takes this sender: {clean(from_email)}")
        # Flask-Mail's Message looks into current_app: with an app of our own any caller will do.
        self.app = Flask(__name__, static_folder=None)
        self.app.config.update(
            MAIL_SERVER=server, MAIL_PORT=port, MAIL_USE_TLS=use_tls, MAIL_USE_SSL=use_ssl,
            MAIL_USERNAME=username, MAIL_PASSWORD=password, MAIL_SUPPRESS_SEND=False,
        )  # fmt: skip
        self.mail = flask_mail.Mail(self.app)

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Give a batch, and sign off when it is done; nothing is opened before the first send."""
        batch = Batch(self)
        try:
            yield batch
            batch.close(farewell=True)
        finally:  # after an error no QUIT: in the middle of a message it would become its text
            batch.close()


class Batch:
    """Letters over one connection; once `broken`, nothing more is tried and the caller may stop."""

    def __init__(self, mailer: Mailer) -> None:
        self.broken = False
        self._mailer = mailer
        self._host: Watched | None = None
        self._stopped = Outcome(Result.DEFERRED, "")  # what all get once it is broken
        self._losses = 0
        # Letters are copies of this one: each new Message asks DNS for the name of this host.
        self._blank = flask_mail.Message(sender=mailer.sender, charset=_UTF8)  # type: ignore[arg-type]

    def send(self, letter: Letter) -> Outcome:
        """Hand over one letter; trouble with mail or network is an Outcome, never an exception.

        A lost connection is opened again once, for the next letter. The batch is broken when one
        cannot be opened, when two in a row are lost before a letter is answered, or at a sign-in.
        """
        try:
            to = _wire(letter.to)
        except ValueError as error:
            return Outcome(Result.REFUSED, str(error))
        if self._host:
            self._host.allow(self._mailer.timeout)
        host = self._host or self._open()
        if host is None:
            return self._stopped
        options = [] if to.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
        if options and not host.has_extn("smtputf8"):
            words = f"{self._mailer.where} takes only ASCII letters before the @ (no SMTPUTF8)"
            return Outcome(Result.REFUSED, words)
        sender = letter.return_path or self._mailer.sender
        outcome = self._hand_over(host, sender, to, self._build(letter, to), options)
        lost = host.sock is None  # smtplib's sign, also after 421
        self._losses = self._losses + 1 if lost else 0
        if outcome.result is Result.REFUSED_SIGN_IN:
            self._stop(outcome.result, outcome.words)
        elif self._losses == 2:
            self._stop(Result.DEFERRED, outcome.words)
        elif lost:
            self.close()
        return outcome

    def close(self, farewell: bool = False) -> None:
        """Close the connection if there is one; what the server says to a farewell is ignored."""
        host, self._host = self._host, None
        if host and farewell:
            host.allow(min(self._mailer.timeout, 5))
            with suppress(OSError):
                host.quit()
        if host:
            host.close()

    def _open(self) -> Watched | None:
        if not self.broken:
            try:
                self._host = Connection(self._mailer.mail, self._mailer.timeout).configure_host()
            except SignInError as error:
                self._stop(*error.args)
            except (OSError, ValueError) as error:  # ValueError: a server name IDNA cannot write
                self._stop(Result.DEFERRED, plain(error, self._mailer.where))
        return self._host

    def _stop(self, result: Result, words: str) -> None:
        self.broken, self._stopped = True, Outcome(result, words)
        self.close()

    def _build(self, letter: Letter, to: str) -> bytes:
        message = copy.copy(self._blank)
        # As a tuple: Flask-Mail reads "Acme, Inc. <a@b>" as two addresses.
        message.sender = (clean(letter.sender_name or ""), self._mailer.sender)
        message.subject = clean(letter.subject)
        if "=?" in message.subject:  # or the reader's program would decode it
            message.subject = Header(message.subject, _UTF8).encode()
        message.msgId = clean(letter.message_id)
        message.body, message.alts = _sound(letter.text), {"html": _sound(letter.html)}
        message.extra_headers = {
            "Auto-Submitted": "auto-generated",  # RFC 3834 §5
            "X-Auto-Response-Suppress": "All",
            "Content-Language": clean(letter.language),
            **{name: clean(value, 900) for name, value in letter.headers},
        }
        with suppress(ValueError):  # a Reply-To nobody could answer is left out
            reply_to = _wire(letter.reply_to or "")
            if reply_to.isascii() or not to.isascii():
                message.extra_headers["Reply-To"] = _raw(reply_to)
        with self._mailer.app.app_context():
            mime = message._message()
        mime.policy = _WIRE
        mime.replace_header("To", _raw(to))
        return mime.as_bytes()

    def _hand_over(
        self, host: Watched, sender: str, to: str, data: bytes, options: list[str]
    ) -> Outcome:
        host.handed_over = about_us = False
        words: bytes | str
        try:
            host.sendmail(sender, [to], data, options)
            code, words = host.answer
        except smtplib.SMTPRecipientsRefused as error:
            code, words = error.recipients[to]
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            code, words = error.smtp_code, error.smtp_error
            # 552 to MAIL FROM speaks of the message's size (RFC 1870 §6.1), all others of us.
            about_us = isinstance(error, smtplib.SMTPSenderRefused) and code != 552
        except OSError as error:
            host.close()
            result = Result.UNKNOWN if host.handed_over else Result.DEFERRED
            return Outcome(result, plain(error, self._mailer.where))
        match code // 100:
            # The first digit decides (RFC 5321 §4.3.2), though smtplib takes all but 250 for a no:
            # also a 252 to RCPT, after which nothing was handed over.
            case 2 if host.handed_over:
                result = Result.SENT
            case 5 if code in SIGN_IN:
                result = Result.REFUSED_SIGN_IN
            case 5 if not about_us:
                result = Result.REFUSED
            case 4 | 5:
                result = Result.DEFERRED
            case _:  # not SMTP: the next answer might belong to this question
                host.close()
                result = Result.UNKNOWN if host.handed_over else Result.DEFERRED
                code, words = 0, f"{self._mailer.where} gave an answer that is not SMTP"
        return Outcome(result, clean(answer_words(code, words), 500))


def _wire(address: str) -> str:
    """Write an address as SMTP takes it, the domain in A-labels (RFC 5890); else ValueError.

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


def _raw(address: str) -> str:
    """Hold UTF-8 as the email package takes it: bytes that are written unchanged (RFC 6532)."""
    return address.encode().decode("ascii", "surrogateescape")


def _sound(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and no encoding can write."""
    return text.encode("utf-8", "replace").decode()
