"""A server that accepts connections and never says anything, like one that is frozen."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


class MuteServer:
    """Counts the `connections` made to it; who gives up after a silence makes a new one."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._accepted: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)

    @property
    def connections(self) -> int:
        """How many there have been."""
        return len(self._accepted)

    def _accept(self) -> None:
        with suppress(OSError):  # it is closed
            while True:
                self._accepted.append(self._socket.accept()[0])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        for connection in self._accepted:
            connection.close()
