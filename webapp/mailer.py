"""Letters over one SMTP connection; every answer of the server becomes an Outcome."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import flask_mail
from flask import Flask

from webapp import smtp_words, telemetry
from webapp.mail_message import Letter, blank, build, wire_address
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result with the server's own text: one printable line, at most 500 characters."""

    result: Result
    words: str


class Mailer:
    """One mail server and our sender; raises ValueError for an unusable `from_email`.

    `timeout` in seconds covers one letter up to its final dot, connecting included, and then again
    the answer to the dot (RFC 5321 §4.5.3.2.6: giving up early there makes duplicates).
    """

    def __init__(
        self, *, server: str, from_email: str, port: int = 25, use_tls: bool = False,
        use_ssl: bool = False, username: str | None = None, password: str | None = None,
        timeout: float = 60.0,
    ) -> None:  # fmt: skip
        self.sender = wire_address(from_email)
        self.timeout, self.where = timeout, f"{server}:{port}"
        if not self.sender.isascii():
            raise ValueError(f"Not every mail server takes this sender: {clean(from_email)}")
        # Flask-Mail's Message needs current_app; with an app of our own any caller will do.
        self.app = Flask(__name__, static_folder=None)
        self.app.config.update(
            MAIL_SERVER=server, MAIL_PORT=port, MAIL_USE_TLS=use_tls, MAIL_USE_SSL=use_ssl,
            MAIL_USERNAME=username, MAIL_PASSWORD=password, MAIL_SUPPRESS_SEND=False,
        )  # fmt: skip
        self.mail = flask_mail.Mail(self.app)

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Open a batch and say QUIT at its end; nothing is connected before the first send."""
        batch = Batch(self)
        try:
            yield batch
            batch.close(farewell=True)
        finally:  # no QUIT after an error: inside a message it would become part of its text
            batch.close()


class Batch:
    """Letters over one connection; once `broken`, nothing more is sent and the caller may stop."""

    def __init__(self, mailer: Mailer) -> None:
        self.broken = False
        self._mailer = mailer
        self._host: Watched | None = None
        self._stopped = Outcome(Result.DEFERRED, "")  # what every letter gets once it is broken
        self._losses = 0
        self._blank = blank(mailer.sender)

    def send(self, letter: Letter) -> Outcome:
        """Send one letter; trouble with mail or network is an Outcome, never an exception.

        After a lost connection the next letter gets a new one. The batch is broken when connecting
        fails, when two connections in a row are lost, or when our sign-in is refused.
        """
        try:
            to = wire_address(letter.to)
        except ValueError as error:
            return Outcome(Result.REFUSED, str(error))
        if self._host:
            self._host.allow(self._mailer.timeout)
        host = self._host or self._open()
        if host is None:
            return self._stopped
        options = [] if to.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
        if options and not host.has_extn("smtputf8"):
            words = smtp_words.NO_SMTPUTF8 % {"where": self._mailer.where}
            return Outcome(Result.REFUSED, words)
        sender = letter.return_path or self._mailer.sender
        with self._mailer.app.app_context():
            data = build(letter, to, self._blank)
        with telemetry.span("SMTP mail", "CLIENT"):
            outcome = self._hand_over(host, sender, to, data, options)
            telemetry.tell({"gatehouse.mail.result": outcome.result.value})
        lost = host.sock is None  # how smtplib marks a lost connection, also after 421
        self._losses = self._losses + 1 if lost else 0
        if outcome.result is Result.REFUSED_SIGN_IN:
            self._stop(outcome.result, outcome.words)
        elif self._losses == 2:
            self._stop(Result.DEFERRED, outcome.words)
        elif lost:
            self.close()
        return outcome

    def close(self, farewell: bool = False) -> None:
        """Close the connection if there is one; the answer to QUIT is ignored."""
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
            # 552 to MAIL FROM is about the message's size (RFC 1870 §6.1), all others about us.
            about_us = isinstance(error, smtplib.SMTPSenderRefused) and code != 552
        except OSError as error:
            host.close()
            result = Result.UNKNOWN if host.handed_over else Result.DEFERRED
            return Outcome(result, plain(error, self._mailer.where))
        match code // 100:
            # The first digit decides (RFC 5321 §4.3.2). smtplib takes anything but 250 for a
            # refusal: also a 252 to RCPT, after which nothing was handed over.
            case 2 if host.handed_over:
                result = Result.SENT
            case 5 if code in SIGN_IN:
                result = Result.REFUSED_SIGN_IN
            case 5 if not about_us:
                result = Result.REFUSED
            case 4 | 5:
                result = Result.DEFERRED
            case _:  # not SMTP: the next answer might belong to this command
                host.close()
                result = Result.UNKNOWN if host.handed_over else Result.DEFERRED
                code, words = 0, smtp_words.NOT_SMTP % {"where": self._mailer.where}
        return Outcome(result, clean(answer_words(code, words), 500))
