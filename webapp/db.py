"""The database session, and `transaction`, which makes a function one transaction."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CursorResult, Executable, MetaData, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, registry

from webapp import begun, constraints
from webapp.column_types import UTCDateTime
from webapp.connections import writing
from webapp.sqlite_write_lock import write_lock

P = ParamSpec("P")
T = TypeVar("T")
Conflicts = Mapping[str, Callable[[], Exception]]


class Base(DeclarativeBase):
    """Base of all models; constraints get the same names on both databases."""

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


# Objects stay readable after a commit: pages show what the domain function just returned.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def transaction(
    conflicts: Conflicts | None = None,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make a function one transaction: all of it is written, or nothing.

    Called inside another transaction it joins that one. When the database refuses a write by a
    constraint named in `conflicts`, the exception made there is raised. An outer function may
    catch that and go on: everything the inner one wrote has been rolled back.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            session = db.session()
            if "after_commit" in session.info:
                if not conflicts:
                    return function(*args, **kwargs)
                return _inside(session, conflicts, functools.partial(function, *args, **kwargs))
            # What was read before may be stale: drop it, so that the function reads it again.
            session.rollback()
            begun.note()
            hooks: list[Callable[[], None]] = []
            last: dict[Callable[[list[Any]], None], list[Any]] = {}
            with write_lock(session.get_bind()):
                session.connection(execution_options=writing(session.get_bind().dialect))
                info = {"after_commit": hooks, "before_commit": last, "memo": {}, "savepoints": {}}
                session.info |= info
                try:
                    result = function(*args, **kwargs)
                    for act, items in last.items():
                        act(items)
                    session.commit()
                except IntegrityError as refused:
                    session.rollback()
                    known = _known_conflict(refused, conflicts)
                    if known is not None:
                        raise known from refused
                    raise
                except BaseException:
                    session.rollback()
                    raise
                finally:
                    for name in info:
                        del session.info[name]
            for hook in hooks:
                hook()
            return result

        return run

    return decorate


def _inside(session: Any, conflicts: Conflicts, function: Callable[[], T]) -> T:
    """Run a function with `conflicts` of its own inside an outer transaction.

    A refused write kills a transaction; a savepoint keeps the outer one alive. Leaving the
    savepoint flushes, so that each function sees violations of its own constraints.
    """
    try:
        with session.begin_nested():
            return function()
    except IntegrityError as error:
        known = _known_conflict(error, conflicts)
        if known is not None:
            raise known from error
        raise


def _known_conflict(refused: IntegrityError, conflicts: Conflicts | None) -> Exception | None:
    """The exception that `conflicts` names for the violated constraint, if any."""
    name = constraints.violated(refused, Base.metadata)
    return conflicts[name]() if conflicts and name and name in conflicts else None


def rows(statement: Executable, values: Mapping[str, Any]) -> CursorResult[*tuple[Any, ...]]:
    """Plain rows of a statement in the session's transaction, for lists that need no objects.

    A statement built once at import, with bound parameters, costs a third of one built each time.
    """
    session = db.session()
    session.flush()
    return session.connection().execute(statement, values)


def is_writing() -> bool:
    """Whether a transaction is under way."""
    return db.session.registry.has() and "after_commit" in db.session().info


@event.listens_for(db.session, "before_flush")
def _refuse_stray_writes(session: Any, *_: Any) -> None:
    # On PostgreSQL a reader's connection is in autocommit: each statement would be final.
    if "after_commit" not in session.info:
        raise RuntimeError("a write outside a transaction")


@event.listens_for(db.session, "after_transaction_create")
def _begin_savepoint(session: Any, transaction: Any) -> None:
    if transaction.nested and "after_commit" in session.info:
        hooks, last = session.info["after_commit"], session.info["before_commit"]
        before = len(hooks), {act: len(items) for act, items in last.items()}
        session.info["savepoints"][transaction] = before


@event.listens_for(db.session, "after_soft_rollback")
def _undo_savepoint(session: Any, transaction: Any) -> None:
    """What was to be done about rows that a savepoint has undone is not done."""
    if "after_commit" not in session.info or transaction not in session.info["savepoints"]:
        return
    hooks, last = session.info["after_commit"], session.info["before_commit"]
    hooks_before, items_before = session.info["savepoints"].pop(transaction)
    del hooks[hooks_before:]
    for act in list(last):
        del last[act][items_before.get(act, 0) :]
        if not last[act]:
            del last[act]


def before_commit(act: Callable[[list[Any]], None], *items: Any, first: bool = False) -> None:
    """At the end of the current transaction, call `act` once with all items given for it.

    So its locks are held only briefly, and are taken after all others, which rules deadlocks out.
    One act may be `first`: its locks are always taken before those of the other acts.
    """
    acts = db.session().info.get("before_commit")
    if acts is None:
        raise RuntimeError("outside a transaction")
    if first and act not in acts:
        later = dict(acts)
        acts.clear()
        acts |= {act: [], **later}
    acts.setdefault(act, []).extend(items)


def memo() -> dict[Any, Any]:
    """A cache that lives as long as the current transaction."""
    found: dict[Any, Any] = db.session().info["memo"]
    return found


def after_commit(hook: Callable[[], None]) -> None:
    """Run the hook once the current transaction is committed, or now if there is none."""
    hooks = db.session().info.get("after_commit")
    if hooks is None:
        hook()
    else:
        hooks.append(hook)
