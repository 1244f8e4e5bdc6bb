"""TLS in front of a server that speaks none, as a cloud's Redis has it."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self


class TLSFront:
    """Takes TLS on a port of 127.0.0.1 and passes everything on to a unix socket."""

    def __init__(self, behind: Path, context: ssl.SSLContext) -> None:
        self.behind, self._context = behind, context

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Line)
        self._server.front, self._server.context = self, self._context
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    front: TLSFront
    context: ssl.SSLContext


class _Line(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as behind:
            clear = self.server.context.wrap_socket(self.request, server_side=True)
            behind.connect(str(self.server.front.behind))
            answers = threading.Thread(target=_pass_on, args=(behind, clear), daemon=True)
            answers.start()
            _pass_on(clear, behind)
            clear.close()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
