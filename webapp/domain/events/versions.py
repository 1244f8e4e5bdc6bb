"""What a caller saw when they decided, so that nobody undoes a change that they have not seen.

A form carries the mark of what it showed, a program the ETag of what it got. A verb that would
write something checks, under its lock, whether that is still current.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from webapp import formats
from webapp.db import db
from webapp.domain.errors import Refusal
from webapp.domain.events import sentences
from webapp.languages import gettext
from webapp.models import Event, Organization, User

LOOKED_THROUGH = 20  # events, when looking for the latest change
Facts = Mapping[str, Any]


class ChangedMeanwhile(Refusal):
    """The row is no longer what the caller saw; `present` holds its present facts."""

    def __init__(self, message: str, present: Facts) -> None:
        super().__init__(message)
        self.present = present


@dataclass(frozen=True, slots=True)
class Seen:
    """The marks of what a caller saw, any of which may match, and how to read these facts.

    A verb that would change nothing is not refused, unless `is_condition` is set.
    """

    facts_of: Callable[[Any], Facts]
    marks: Collection[str]
    is_condition: bool = False


def mark(facts: Facts) -> str:
    """A text that is the same as long as these facts are: a part for each, in their order."""
    return ".".join(_digest(_plain(value)) for value in facts.values())


def refuse_changed(
    seen: Seen | None, row: Any, *, writes: object, told: Callable[[], str | None]
) -> None:
    """Refuse when a held row is not what the caller saw; `told` may say who changed it, and when.

    `writes` is whether anything would change. Callers who do not say what they saw are let through.
    """
    if seen is None or not (writes or seen.is_condition):
        return
    present = seen.facts_of(row)
    if mark(present) not in seen.marks:
        unseen = gettext("You had not seen that yet, so nothing of yours was saved.")
        words = [told(), unseen]
        raise ChangedMeanwhile(" ".join(filter(None, words)), present)


def last_change(
    organization: Organization, name: str, matches: Callable[[Event], bool]
) -> str | None:
    """Who made the newest such change here and when, as a sentence; None if it is long ago."""
    newest = (
        select(Event, User)
        .outerjoin(User, User.id == Event.actor_id)
        .where(Event.organization_id == organization.id, Event.name == name)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(LOOKED_THROUGH)
    )
    for event, actor in db.session.execute(newest):
        if matches(event):
            description = sentences.sentence(event, actor).removesuffix(".")
            time = formats.exact(event.at)
            return gettext("%(change)s, on %(time)s.", change=description, time=time)
    return None


def _plain(value: Any) -> str:
    """A value as text, the same whether it was read from a row or came back from a browser."""
    if value is None or isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list | tuple):
        return "\n".join(sorted(map(str, value)))
    return "\n".join(line.strip() for line in str(value).splitlines()).strip()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
