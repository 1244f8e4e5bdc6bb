"""The database session, and what a transaction is here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    CursorResult,
    DateTime,
    Dialect,
    Executable,
    Integer,
    MetaData,
    event,
)
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

from webapp import constraints
from webapp.connections import BUSY_MS, file_of, writing
from webapp.sqlite_write_lock import Turnstile

P = ParamSpec("P")
T = TypeVar("T")
Conflicts = Mapping[str, Callable[[], Exception]]

_turnstiles: WeakKeyDictionary[Engine, Turnstile] = WeakKeyDictionary()


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC on both databases; SQLite itself forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        if value.tzinfo is not UTC:
            value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Root of all models; constraints get names that both databases and the code agree on."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: UTCDateTime},
    )


# What was read stays readable after a commit: pages show what the verb just returned.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def transaction(
    conflicts: Conflicts | None = None,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make a verb one transaction: all of it is written, or nothing.

    Inside another verb it joins that verb's transaction. What the database refuses by a
    constraint named in `conflicts` is raised as the exception made there; inside another verb,
    too, which may answer it, as nothing of the inner verb is left then.
    """

    def decorate(verb: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(verb)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            session = db.session()
            if "after_commit" in session.info:
                if not conflicts:
                    return verb(*args, **kwargs)
                return _inside(session, conflicts, functools.partial(verb, *args, **kwargs))
            # What was read before may be stale: let go of it, so that the verb reads anew.
            session.rollback()
            hooks: list[Callable[[], None]] = []
            last: dict[Callable[[list[Any]], None], list[Any]] = {}
            with turn(session.get_bind()):
                session.connection(execution_options=writing(session.get_bind().dialect))
                session.info |= {"after_commit": hooks, "before_commit": last, "memo": {}}
                try:
                    result = verb(*args, **kwargs)
                    for act, items in last.items():
                        act(items)
                    session.commit()
                except IntegrityError as refused:
                    session.rollback()
                    meant = _meant(refused, conflicts)
                    if meant is not None:
                        raise meant from refused
                    raise
                except BaseException:
                    session.rollback()
                    raise
                finally:
                    for name in ("after_commit", "before_commit", "memo"):
                        del session.info[name]
            for hook in hooks:
                hook()
            return result

        return run

    return decorate


def _inside(session: Any, conflicts: Conflicts, verb: Callable[[], T]) -> T:
    """Do a verb with constraints of its own in the transaction of another one.

    After what the database refuses a transaction is dead; a savepoint keeps the outer verb's
    alive. Leaving it flushes, so that each verb hears of its own constraints.
    """
    hooks, last = session.info["after_commit"], session.info["before_commit"]
    before = len(hooks), {act: len(items) for act, items in last.items()}
    try:
        with session.begin_nested():
            return verb()
    except BaseException as error:
        del hooks[before[0] :]
        for act in list(last):
            del last[act][before[1].get(act, 0) :]
            if not last[act]:
                del last[act]
        meant = _meant(error, conflicts) if isinstance(error, IntegrityError) else None
        if meant is not None:
            raise meant from error
        raise


def _meant(refused: IntegrityError, conflicts: Conflicts | None) -> Exception | None:
    """The exception of the verb that what the database refused is known for."""
    name = constraints.violated(refused, Base.metadata)
    return conflicts[name]() if conflicts and name and name in conflicts else None


def rows(statement: Executable, values: Mapping[str, Any]) -> CursorResult[*tuple[Any, ...]]:
    """Plain rows of a statement, in the session's transaction: no objects, for what is shown.

    A statement made once at import, with bound parameters, costs a third of one made anew.
    """
    session = db.session()
    session.flush()
    return session.connection().execute(statement, values)


def turn(engine: Any, seconds: float = BUSY_MS / 1000) -> AbstractContextManager[None]:
    """The turn of a writer on SQLite, who waits so long for it."""
    path = file_of(engine.url.database) if engine.dialect.name == "sqlite" else None
    if path is None:
        return nullcontext()
    return _turnstiles.setdefault(engine, Turnstile(f"{path}-writer")).turn(seconds)


@event.listens_for(db.session, "before_flush")
def _refuse_stray_writes(session: Any, *_: Any) -> None:
    # A reader's connection on PostgreSQL would write each statement for itself, for good.
    if "after_commit" not in session.info:
        raise RuntimeError("a write outside a transaction")


def before_commit(act: Callable[[list[Any]], None], item: Any, *, first: bool = False) -> None:
    """At the end of the present transaction, do `act` once, with all items given for it.

    What it locks is held only until the commit, and is waited for by nobody who holds more. One
    act is done `first`: what it locks may be held while the others wait, and never the reverse.
    """
    acts = db.session().info.get("before_commit")
    if acts is None:
        raise RuntimeError("outside a transaction")
    if first and act not in acts:
        later = dict(acts)
        acts.clear()
        acts |= {act: [], **later}
    acts.setdefault(act, []).append(item)


def memo() -> dict[Any, Any]:
    """What the present transaction knows until it ends, in whatever way."""
    found: dict[Any, Any] = db.session().info["memo"]
    return found


def after_commit(hook: Callable[[], None]) -> None:
    """Run the hook once the present transaction is committed, or now if there is none."""
    hooks = db.session().info.get("after_commit")
    if hooks is None:
        hook()
    else:
        hooks.append(hook)
