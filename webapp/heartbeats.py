"""Something that is done every few seconds while a block runs, beside it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import current_app

log = logging.getLogger("gatehouse")


@contextmanager
def beating(act: Callable[[], object], seconds: float) -> Iterator[None]:
    """Call `act` every so many seconds until the block ends, with a database session of its own.

    When it fails that is logged, and it is called again at its next time.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    ends = threading.Event()

    def beat() -> None:
        while not ends.wait(seconds):
            try:
                with app.app_context():
                    act()
            except Exception as error:
                log.warning("a lease was not renewed: %s", type(error).__name__)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()
