"""People who press at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask

from webapp.db import db
from webapp.domain.errors import Refusal


def together(app: Flask, *acts: Callable[[], object]) -> list[str]:
    """What became of these, done at the same moment."""
    return at_once(app, lambda number: acts[number](), len(acts))


def at_once(app: Flask, act: Callable[[int], object], count: int) -> list[str]:
    """What became of `count` people who press at the same moment, by number."""
    start, outcomes = threading.Barrier(count), [""] * count

    def press(number: int) -> None:
        with app.app_context():
            start.wait()
            outcomes[number] = outcome_of(lambda: act(number))

    threads = [threading.Thread(target=press, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    db.session.rollback()
    return outcomes


def outcome_of(act: Callable[[], object]) -> str:
    """What became of it: `done`, the name of the refusal, or how it broke."""
    try:
        act()
        return "done"
    except Refusal as refusal:
        return type(refusal).__name__
    except Exception as error:  # a deadlock would be one
        return f"broken: {error!r}"
    finally:
        db.session.remove()
