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
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

from webapp import constraints
from webapp.turnstile import Turnstile

P = ParamSpec("P")
T = TypeVar("T")

WRITES = "gatehouse_writes"
BUSY_MS = 15_000
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


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not type(connection).__module__.startswith("sqlite3"):
        return
    # The driver's own idea of transactions begins them too late; see `_begin_sqlite`.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is overwritten with zeros
        f"busy_timeout={BUSY_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    # A deferred transaction that reads and then writes fails at once with "database is
    # locked", whatever the timeout; a writer says so from the start and waits its turn.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def engine_options(url: str) -> dict[str, Any]:
    """How connections begin: on PostgreSQL each statement of a reader stands for itself.

    A transaction around them would see no more (READ COMMITTED), cost two trips to the server, and
    make the driver forget, at its ROLLBACK, the statements that it had prepared.
    """
    # An error's text would show what was written: names, digests, secrets of links.
    options: dict[str, Any] = {"hide_parameters": True}
    if not url.startswith("sqlite"):
        options["isolation_level"] = "AUTOCOMMIT"
    return options


def writing(dialect: Dialect) -> dict[str, Any]:
    """The execution options of a connection that writes: one transaction, or none of it."""
    if dialect.name == "sqlite":
        return {WRITES: True}
    return {WRITES: True, "isolation_level": "READ COMMITTED"}


def transaction(
    conflicts: Mapping[str, Callable[[], Exception]] | None = None,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make a verb one transaction: all of it is written, or nothing.

    Inside another verb it joins that verb's transaction. What the database refuses by a
    constraint named in `conflicts` is raised as the exception made there.
    """

    def decorate(verb: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(verb)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            session = db.session()
            if "after_commit" in session.info:
                return verb(*args, **kwargs)
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
                    name = constraints.violated(refused, Base.metadata)
                    if conflicts and name is not None and name in conflicts:
                        raise conflicts[name]() from refused
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


def rows(statement: Executable, values: Mapping[str, Any]) -> CursorResult[*tuple[Any, ...]]:
    """Plain rows of a statement, in the session's transaction: no objects, for what is shown.

    A statement made once at import, with bound parameters, costs a third of one made anew.
    """
    session = db.session()
    session.flush()
    return session.connection().execute(statement, values)


def turn(engine: Any) -> AbstractContextManager[None]:
    """Wait for one's turn among SQLite's writers; PostgreSQL needs none."""
    path = engine.url.database
    if engine.dialect.name != "sqlite" or path in (None, "", ":memory:"):
        return nullcontext()
    return _turnstiles.setdefault(engine, Turnstile(f"{path}-writer")).turn(BUSY_MS / 1000)


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
