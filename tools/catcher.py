"""The mail catcher of `make run`: keeps every message, on a socket that is listening already.

    python tools/catcher.py DESCRIPTOR FOLDER

aiosmtpd's own command takes the number of a port, which somebody else may have taken by then.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from functools import partial

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP


async def serve(listening: socket.socket, folder: str) -> None:
    """Take mail until Ctrl-C; any other signal ends the process."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stopped.set)
    session = partial(SMTP, Mailbox(folder), enable_SMTPUTF8=True)
    server = await loop.create_server(session, sock=listening)
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2]))
