"""People who press at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import Engine, event

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


@contextmanager
def all_have_read(engine: Engine, people: int) -> Iterator[None]:
    """Each of so many people has given back the connection of their first read, and has no other
    one, before any of them goes on to write.
    """
    barrier, here, met = threading.Barrier(people), threading.local(), []

    def meet(*_: object) -> None:
        if not hasattr(here, "has_met"):
            here.has_met = True
            met.append(barrier.wait(30))

    event.listen(engine, "checkin", meet)
    try:
        yield
    finally:
        event.remove(engine, "checkin", meet)
    assert len(met) == people, "not all of them have read"


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
