"""A real SMTP server on 127.0.0.1 that does what a test tells it to.

    with ScriptedSMTP({"RCPT TO": "450 4.2.0 greylisted"}) as server:
        ...                       # send to server.host, server.port
    assert server.messages == []

A script says what is answered to a command, by the beginning of its line; the longest beginning
that fits wins, so "RCPT TO:<marco@acme.test>" speaks of one recipient. Besides the commands there
are "GREETING", "BODY" (the first line of a message has come) and "." (all of it has come and is
kept in `messages`). The answer is the server's line ("" for the usual one), or one of

    DROP     close the connection without a word
    SILENCE  never answer; the connection stays open
    Drip(n)  the usual answer, byte by byte, with a pause of n seconds after each
    Hold()   wait: hold.reached is set when the command has come, hold.release lets it go on

or a list of these: one for each time, and the usual answer after the last.
"""

from __future__ import annotations

import base64
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import BinaryIO, Self


@dataclass
class Hold:
    """Keeps a command waiting until the test has done what it wants to do meanwhile."""

    answer: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Drip:
    """The usual answer, each byte after a pause (seconds)."""

    pause: float


class _Drop:
    pass


class _Silence:
    pass


DROP, SILENCE = _Drop(), _Silence()
Answer = str | Hold | Drip | _Drop | _Silence
EXTENSIONS = ("SIZE 33554432", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")


@dataclass(frozen=True)
class Received:
    """One message as it came, dots unstuffed."""

    mail_from: str
    rcpt_to: list[str]
    data: bytes
    connection: int

    @property
    def message(self) -> EmailMessage:
        """The message, parsed, with its headers decoded."""
        return message_from_bytes(self.data, policy=policy.default)


class ScriptedSMTP:
    """The server. It keeps `messages`, the `commands` as they came, and counts `connections`.

    `accounts` (names and passwords) makes it offer AUTH PLAIN; `starttls` and `tls` take a server's
    SSLContext, the one offered after EHLO, the other spoken from the first byte.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        script: Mapping[str, Answer | Sequence[Answer]] | None = None,
        *,
        extensions: Sequence[str] = EXTENSIONS,
        accounts: Mapping[str, str] | None = None,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        self.script: dict[str, Answer | list[Answer]] = {}
        for command, answer in (script or {}).items():
            several = isinstance(answer, Sequence) and not isinstance(answer, str)
            self.script[command] = list(answer) if several else answer  # type: ignore[arg-type, assignment]
        self.extensions, self.accounts = list(extensions), dict(accounts or {})
        self.starttls, self.tls = starttls, tls
        self.messages: list[Received] = []
        self.commands: list[str] = []
        self.connections = 0
        self.port = port
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen: on a free port the first time, on the same one after a stop()."""
        self.stopped.clear()
        self._server = _Server((self.host, self.port), _Dialogue)
        self._server.scripted = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Die: close every connection wherever it is, refuse new ones. Safe to call twice."""
        if self.stopped.is_set():
            return
        self.stopped.set()
        self._server.shutdown()
        with self._lock:
            for connection in self._open:
                _hang_up(connection)  # its dialogue closes it
        self._server.server_close()  # waits for the dialogues to end

    def next_answer(self, line: str) -> Answer:
        """What the script has for this line; "" when it leaves it to the usual answer."""
        fitting = [key for key in self.script if line.upper().startswith(key.upper())]
        if not fitting:
            return ""
        answer = self.script[max(fitting, key=len)]
        if isinstance(answer, list):
            with self._lock:
                return answer.pop(0) if answer else ""
        return answer

    def opened(self) -> int:
        """Count a connection; answers its number, from 1."""
        with self._lock:
            self.connections += 1
            return self.connections

    def watch(self, connection: socket.socket, *, instead_of: socket.socket | None = None) -> None:
        """Have stop() hang up this connection too (TLS puts a new socket in place of the old)."""
        with self._lock:
            self._open.discard(instead_of or connection)
            self._open.add(connection)
        if self.stopped.is_set():
            _hang_up(connection)

    def forget(self, connection: socket.socket) -> None:
        """Let go of a connection that is over."""
        with self._lock:
            self._open.discard(connection)
        connection.close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 64
    scripted: ScriptedSMTP


class _Gone(Exception):
    """The dialogue is over, without another word."""


class _Dialogue(socketserver.BaseRequestHandler):
    """One connection: RFC 5321, as much as a client with manners needs."""

    def handle(self) -> None:
        self.smtp: ScriptedSMTP = self.server.scripted  # type: ignore[attr-defined]
        self.number, self.secure = self.smtp.opened(), bool(self.smtp.tls)
        self.mail_from = ""
        self.rcpt_to: list[str] = []
        self.lines: BinaryIO = self.request.makefile("rb")
        self.smtp.watch(self.request)
        try:
            if self.smtp.tls:
                self._encrypt(self.smtp.tls)
            self._answer("GREETING", "220 scripted.test ESMTP")
            while line := self._line():
                self.smtp.commands.append(line)
                self._command(line, line.split(":")[0].split(" ")[0].upper())
        except (_Gone, OSError):
            pass
        finally:
            _hang_up(self.request)
            self.lines.close()
            self.smtp.forget(self.request)

    def _command(self, line: str, verb: str) -> None:
        address = line.partition("<")[2].partition(">")[0]
        match verb:
            case "EHLO":
                self._answer(line, self._features())
            case "MAIL" if self.mail_from:
                self._say("503 5.5.1 nested MAIL command")
            case "MAIL" if self._answer(line, "250 2.1.0 ok"):
                self.mail_from = address
            case "RCPT" if self._answer(line, "250 2.1.5 ok"):
                self.rcpt_to.append(address)
            case "DATA" if self._answer(line, "354 go ahead"):
                self._message()
            case "RSET":
                self.mail_from, self.rcpt_to = "", []
                self._answer(line, "250 2.0.0 ok")
            case "AUTH":
                self._answer(line, self._sign_in(line))
            case "STARTTLS" if self._answer(line, "220 2.0.0 go ahead"):
                assert self.smtp.starttls
                self._encrypt(self.smtp.starttls)
            case "QUIT":
                self._answer(line, "221 2.0.0 bye")
                raise _Gone
            case "HELO" | "NOOP":
                self._answer(line, "250 2.0.0 ok")
            case "MAIL" | "RCPT" | "DATA" | "STARTTLS":
                pass  # the script has answered
            case _:
                self._answer(line, "502 5.5.2 not here")

    def _message(self) -> None:
        lines: list[bytes] = []
        while (line := self.lines.readline()) != b".\r\n":
            if not line:
                raise _Gone
            if not lines:
                self._obey(self.smtp.next_answer("BODY"))
            lines.append(line.removeprefix(b"."))
        data = b"".join(lines)
        taken = Received(self.mail_from, self.rcpt_to, data, self.number)
        self.mail_from, self.rcpt_to = "", []
        answer = self.smtp.next_answer(".")
        if not isinstance(answer, str) or answer[:1] in ("", "2"):
            self.smtp.messages.append(taken)  # stored, whatever the client hears of it
        self._say(self._obey(answer) or f"250 2.0.0 queued as {len(self.smtp.messages)}")

    def _features(self) -> str:
        features = ["scripted.test", *self.smtp.extensions]
        if self.smtp.starttls and not self.secure:
            features.append("STARTTLS")
        if self.smtp.accounts:
            features.append("AUTH PLAIN")
        return "\n".join(f"250-{each}" for each in features[:-1]) + f"\n250 {features[-1]}"

    def _sign_in(self, line: str) -> str:
        name, _, password = base64.b64decode(line.split()[-1]).decode()[1:].partition("\0")
        right = name in self.smtp.accounts and self.smtp.accounts[name] == password
        return "235 2.7.0 welcome" if right else "535 5.7.8 wrong user name or password"

    def _answer(self, line: str, usual: str) -> bool:
        """Answer by the script, or as usual; says whether that was a yes."""
        planned = self.smtp.next_answer(line)
        if isinstance(planned, Drip):
            return self._drip(planned, usual)
        answer = self._obey(planned) or usual
        self._say(answer)
        return answer[:1] in "23"

    def _drip(self, drip: Drip, answer: str) -> bool:
        for byte in answer.encode() + b"\r\n":
            if self.smtp.stopped.wait(drip.pause):
                raise _Gone
            self.request.sendall(bytes([byte]))
        return answer[:1] in "23"

    def _obey(self, answer: Answer) -> str:
        if isinstance(answer, Hold):
            answer.reached.set()
            while not answer.release.wait(0.01):
                if self.smtp.stopped.is_set():
                    raise _Gone
            return answer.answer
        if isinstance(answer, _Silence):
            self.smtp.stopped.wait()
        if not isinstance(answer, str):
            raise _Gone
        return answer

    def _line(self) -> str:
        return self.lines.readline().decode("utf-8", "replace").rstrip("\r\n")

    def _say(self, answer: str) -> None:
        self.request.sendall(answer.replace("\n", "\r\n").encode() + b"\r\n")
        if answer.startswith("421"):
            raise _Gone

    def _encrypt(self, context: ssl.SSLContext) -> None:
        clear = self.request
        self.request = context.wrap_socket(clear, server_side=True)
        self.lines, self.secure = self.request.makefile("rb"), True
        self.smtp.watch(self.request, instead_of=clear)


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)


def self_signed(folder: Path, host: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """A server's context with a new certificate of its own, and the file of that certificate.

    Nobody trusts it, unless the environment's SSL_CERT_FILE names the file.
    """
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    kind = "IP" if host.replace(".", "").isdigit() else "DNS"
    command = (
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        f"-subj /CN=scripted.test -addext subjectAltName={kind}:{host}"
    )
    subprocess.run(
        [*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
