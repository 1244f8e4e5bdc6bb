"""A connection to a mail server that has a deadline and says plainly why something failed."""

from __future__ import annotations

import base64
import enum
import re
import smtplib
import ssl
from contextlib import suppress
from time import monotonic
from typing import Any

import flask_mail

from webapp import smtp_words

_BREAKS = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]+")
_OVERRIDES = re.compile(
    "[\u202a-\u202e\u2066-\u2069]"
)  # they reverse the direction of the rest of a line
SIGN_IN = {530, 534, 535, 538}  # any command may be answered with these (RFC 4954 §6)


class Result(enum.Enum):
    """What happened to a letter, as far as the server has said."""

    SENT = "sent"
    DEFERRED = "deferred"  # not accepted now: try again later
    REFUSED = "refused"  # this recipient or this message, permanently
    UNKNOWN = "unknown"  # everything was sent, the answer never came
    REFUSED_SIGN_IN = "refused_sign_in"  # our credentials: no recipient's fault


class Watched(smtplib.SMTP):
    """smtplib's client with a deadline; it knows whether the final dot was sent."""

    handed_over = False
    answer: tuple[int, bytes] = (0, b"")

    def __init__(self, server: str, port: int, *, timeout: float, **tls: Any) -> None:
        self.allow(timeout)
        super().__init__(server, port, timeout=timeout, **tls)

    def allow(self, seconds: float) -> None:
        """Set the deadline for all that follows; smtplib's timeout covers single answers only."""
        self.seconds, self.deadline = seconds, monotonic() + seconds

    def send(self, s: Any) -> None:
        self._hurry()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        self._hurry()
        return super().getreply()

    def _hurry(self) -> None:
        if self.sock:
            self.sock.settimeout(max(self.deadline - monotonic(), 0.001))

    def data(self, msg: Any) -> tuple[int, bytes]:
        code, words = self.docmd("DATA")
        if code != 354:
            # Returned where smtplib raises, so that sendmail resets the transaction.
            return code if code >= 400 else -1, words
        self.allow(self.seconds)
        self.send(re.sub(rb"(?m)^\.", b"..", msg) + b".\r\n")  # RFC 5321 §4.5.2
        self.handed_over = True
        self.answer = self.getreply()
        return self.answer


class WatchedSSL(Watched, smtplib.SMTP_SSL):
    """The same, inside TLS from the first byte."""


class SignInError(Exception):
    """Our user name and password were not accepted: a Result, and the words."""


class Connection(flask_mail.Connection):
    """Flask-Mail's connection with a deadline and verified certificates; fails closed."""

    def __init__(self, mail: flask_mail.Mail, timeout: float) -> None:
        super().__init__(mail.state)  # type: ignore[arg-type]
        self.timeout = timeout

    def configure_host(self) -> Watched:
        mail, port, timeout = self.mail, self.mail.port or 0, self.timeout
        # The system's certificate authorities, or those in SSL_CERT_FILE.
        tls = ssl.create_default_context() if mail.use_ssl or mail.use_tls else None
        host: Watched  # no set_debuglevel, as Flask-Mail does: it would print the password
        if mail.use_ssl:
            host = WatchedSSL(mail.server, port, timeout=timeout, context=tls)
        else:
            host = Watched(mail.server, port, timeout=timeout)
        try:
            if mail.use_tls and not mail.use_ssl:
                host.starttls(context=tls)
            host.ehlo_or_helo_if_needed()
            if mail.username and mail.password:
                _sign_in(host, mail.username, mail.password)
        except BaseException:
            host.close()
            raise
        return host


def greet(mail: flask_mail.Mail, where: str, timeout: float) -> str | None:
    """Connect, start TLS, sign in and quit, as for mails; None, or in words why it failed."""
    try:
        host = Connection(mail, timeout).configure_host()
    except SignInError as error:
        return str(error.args[1])
    except (OSError, ValueError) as error:  # ValueError: a server name IDNA cannot write
        return plain(error, where)
    with suppress(OSError):
        host.quit()
    host.close()
    return None


def _sign_in(host: Watched, username: str, password: str) -> None:
    result = Result.REFUSED_SIGN_IN
    try:
        host.login(username, password)
        return
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPResponseException as error:
        words = answer_words(error.smtp_code, error.smtp_error)
        if error.smtp_code // 100 != 5:  # 454: the server cannot check it now (RFC 4954 §6)
            result = Result.DEFERRED
    except smtplib.SMTPException as error:
        words = smtp_words.NO_SIGN_IN % {"reason": error}
    except UnicodeError:  # smtplib writes ASCII only; the error's own text shows the password
        words = smtp_words.NOT_ASCII
    # Some servers repeat the rejected line, and the words are shown to people.
    for secret in (f"\0{username}\0{password}", password):
        coded = base64.b64encode(secret.encode()).decode()
        words = words.replace(coded, "***").replace(secret, "***")
    raise SignInError(result, clean(words, 500))


def plain(error: Exception, where: str) -> str:
    """In plain words why there was no answer."""
    if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(error.__context__, OSError):
        error = error.__context__  # smtplib hides what happened behind "unexpectedly closed"
    match error:
        case ConnectionRefusedError():
            words = smtp_words.REFUSED % {"where": where}
        case TimeoutError():
            words = smtp_words.SLOW % {"where": where}
        case ssl.SSLCertVerificationError():
            why = error.verify_message.rstrip(".")
            words = smtp_words.UNTRUSTED % {"where": where, "reason": why}
        case ssl.SSLError():
            words = smtp_words.INSECURE % {"where": where, "reason": error.reason}
        case smtplib.SMTPNotSupportedError():
            words = smtp_words.NO_TLS % {"where": where}
        case smtplib.SMTPResponseException():
            words = answer_words(error.smtp_code, error.smtp_error)
        case smtplib.SMTPServerDisconnected():
            words = smtp_words.CLOSED % {"where": where}
        case OSError(strerror=str(reason)):
            words = smtp_words.UNREACHED % {"where": where, "reason": reason}
        case _:
            words = smtp_words.UNREACHED % {"where": where, "reason": error}
    return clean(words, 500)


def answer_words(code: int, words: bytes | str) -> str:
    """The server's answer as text, with its code where there is one (RFC 5321 §4.2)."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {text}" if code else text


def clean(text: str, limit: int = 255) -> str:
    """Make one line of text: breaks and control characters become spaces, cut at `limit`."""
    return _BREAKS.sub(" ", _OVERRIDES.sub("", text)).strip()[:limit].rstrip()
