"""Finding invitations by any parts of their addresses and names, at any size of the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from webapp.db import db
from webapp.domain import texts
from webapp.models import Invitation, Organization

LONGEST = 254
GRAM = 3  # letters in an entry of the index; shorter words are searched without it
GRAMS_MOST = 12
ESCAPE = "/"
WORDS_MOST = 12  # looked for one by one, in any order; what follows them is one phrase

# A full-text table on SQLite, an ordinary one with an index of its grams on PostgreSQL.
_lite = table("invitation_search", column("rowid"))
_table = table(
    "invitation_search", column("invitation_id"), column("organization_id"), column("words")
)


def words(q: str | None) -> str:
    """The searchable words of what was typed, in lower case; "" for nothing."""
    return " ".join(texts.showable(q or "").split())[:LONGEST].casefold()


def kinds(phrase: str) -> tuple[bool, ...]:
    """For each of the words whether it is long enough for the index."""
    return tuple(len(word) >= GRAM for word in _split(phrase))


def values(organization: Organization, phrase: str) -> dict[str, Any]:
    """The parameters of the conditions below."""
    found = _split(phrase)
    parameters: dict[str, Any] = {f"word_{n}": _pattern(word) for n, word in enumerate(found)}
    indexed = [word for word in found if len(word) >= GRAM]
    if db.engine.dialect.name == "sqlite":
        quoted = (word.replace('"', '""') for word in indexed)
        parts = [f'organization : "o{organization.id};"', *(f'words : "{word}"' for word in quoted)]
        return {**parameters, "match": " AND ".join(parts)}
    # Each letter once is enough for the index, which reads a list for every gram; whether they are
    # side by side is looked up in the row anyway.
    grams = dict.fromkeys(
        f"{organization.id}:{word[n : n + GRAM]}"
        for word in indexed
        for n in (*range(0, len(word) - GRAM + 1, GRAM), len(word) - GRAM)
    )
    return {**parameters, "grams": list(grams)[:GRAMS_MOST]}


def contains(text: Any, numbers: Iterable[int]) -> ColumnElement[bool]:
    """Whether the text has the words of these numbers, in any order."""
    return and_(true(), *(text.like(bindparam(f"word_{n}"), escape=ESCAPE) for n in numbers))


def matches(words_are_indexed: Sequence[bool], *, on_sqlite: bool) -> ColumnElement[bool]:
    """Whether an invitation's address and name have all the words, by the organization's index."""
    numbers = range(len(words_are_indexed))
    if not any(words_are_indexed):
        return contains(Invitation.words, numbers)
    if on_sqlite:
        hits = select(_lite.c.rowid).where(_LITE_MATCH)
        short = [n for n in numbers if not words_are_indexed[n]]
        return and_(Invitation.id.in_(hits), contains(Invitation.words, short))
    hits = select(_table.c.invitation_id).where(_GRAMS_MATCH)
    return and_(Invitation.id.in_(hits), contains(Invitation.words, numbers))


def first_ids(
    words_are_indexed: Sequence[bool], *, on_sqlite: bool, descending: bool, has_start: bool
) -> Select[Any]:
    """The ids of the first that have all the words, in the order of ids, by the index alone.

    So only the invitations that are shown are looked up. On SQLite the index has to have all words.
    """
    if on_sqlite:
        # The full-text table finds them in this order, and no more than are wanted.
        found: ColumnElement[Any] = _lite.c.rowid
        query = select(found).where(_LITE_MATCH)
    else:
        words = contains(_table.c.words, range(len(words_are_indexed)))
        hits = select(_table.c.invitation_id).where(_GRAMS_MATCH, words)
        # Otherwise PostgreSQL may go through the whole table in the order of ids.
        found = hits.offset(0).subquery().c.invitation_id
        query = select(found)
    if has_start:
        edge: BindParameter[int] = bindparam("place_0")
        query = query.where(found < edge if descending else found > edge)
    most: BindParameter[int] = bindparam("most")
    return query.order_by(found.desc() if descending else found.asc()).limit(most)


def _split(phrase: str) -> list[str]:
    return phrase.split(maxsplit=WORDS_MOST - 1)


def _pattern(word: str) -> str:
    for special in (ESCAPE, "%", "_"):
        word = word.replace(special, ESCAPE + special)
    return f"%{word}%"


_LITE_MATCH = literal_column("invitation_search").op("MATCH")(bindparam("match"))
_GRAMS_MATCH = func.invitation_grams(_table.c.organization_id, _table.c.words).op("@>")(
    bindparam("grams", type_=ARRAY(Text))
)
