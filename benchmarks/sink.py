"""A mail server in a process of its own, which takes everything and keeps the recipients alone."""

from __future__ import annotations

import smtplib
import socketserver
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

ANSWERS = {
    b"EHLO": b"250-sink.test\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    b"DATA": b"354 go ahead\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
}


COUNTED = b"XCOUNT"  # a verb of our own: how many mails came, and to how many recipients


class Dialogue(socketserver.StreamRequestHandler):
    """One connection of one well-behaved client."""

    disable_nagle_algorithm = True
    recipients: ClassVar[list[bytes]] = []

    def handle(self) -> None:
        self.wfile.write(b"220 sink.test ESMTP\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if line.startswith(COUNTED):
                came = self.recipients
                self.wfile.write(b"250 %d %d\r\n" % (len(came), len(set(came))))
                continue
            if verb == b"RCPT":
                self.recipients.append(line)
            self.wfile.write(ANSWERS.get(verb, b"250 2.0.0 ok\r\n"))
            if verb == b"DATA":
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.wfile.write(b"250 2.0.0 taken\r\n")


@contextmanager
def running() -> Iterator[int]:
    """The port of a server that runs inside the block."""
    command = [sys.executable, "-m", "benchmarks.sink"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def counted(port: int) -> tuple[int, int]:
    """How many mails came, and to how many recipients."""
    with smtplib.SMTP("127.0.0.1", port) as connection:
        _, words = connection.docmd(COUNTED.decode())
    mails, recipients = words.split()
    return int(mails), int(recipients)


if __name__ == "__main__":
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dialogue) as server:
        server.daemon_threads = True
        print(server.server_address[1], flush=True)
        server.serve_forever()
