"""The application behind a real port, in this process: so the tests can move its clock."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class LiveServer:
    """A web server on loopback; its port is taken at once, and nobody else can have it."""

    def __init__(self, port: int = 0) -> None:
        self._socket = socket.create_server(("127.0.0.1", port), backlog=128)
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def serve(self, app: Flask) -> Self:
        """Answer every request with the application, each in a thread of its own."""
        self._server = make_server(
            "127.0.0.1",
            self._socket.getsockname()[1],
            _read_whole(app),
            threaded=True,
            request_handler=_Quiet,
            fd=self._socket.fileno(),
        )
        self._accepted: list[socket.socket] = []
        self._server.get_request = self._accept  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop answering and give the port back."""
        if hasattr(self, "_thread"):
            self._server.shutdown()
            self._thread.join()
            self._hang_up()
        self._socket.close()

    def _accept(self) -> tuple[socket.socket, Any]:
        connection, peer = self._socket.accept()
        self._accepted.append(connection)
        return connection, peer

    def _hang_up(self) -> None:
        """Browsers connect ahead of what they ask: that must not be asked of this application."""
        for connection in self._accepted:
            with suppress(OSError):  # it is over already
                connection.shutdown(socket.SHUT_RDWR)


def _read_whole(app: Flask) -> WSGIApplication:
    """The application, whose answers are read and closed before they are sent.

    Werkzeug's server leaves a file open when a browser hangs up in the middle of it.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        body = app(environ, start_response)
        try:
            return [b"".join(body)]
        finally:
            getattr(body, "close", lambda: None)()

    return answer


class _Quiet(WSGIRequestHandler):
    """Werkzeug's own log would write whole addresses down, tokens and all; gunicorn's is off."""

    def log(self, type: str, message: str, *args: Any) -> None:
        pass
