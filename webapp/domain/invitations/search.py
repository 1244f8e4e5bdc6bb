"""Finding invitations by any parts of their addresses and names, at any size of the table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY

from webapp.db import db
from webapp.domain import texts
from webapp.models import Invitation, Organization

LONGEST = 254
GRAM = 3  # letters in an entry of the index; shorter words are searched without it
GRAMS_MOST = 12
WORDS_MOST = 12  # looked for one by one, in any order; what follows them is one phrase

# A full-text table on SQLite, an ordinary one with an index of its grams on PostgreSQL.
_lite = table("invitation_search", column("rowid"))
_table = table(
    "invitation_search", column("invitation_id"), column("organization_id"), column("words")
)


def words(q: str | None) -> str:
    """The searchable words of what was typed, in lower case; "" for nothing."""
    return " ".join(texts.showable(q or "").split())[:LONGEST].casefold()


def is_indexed(phrase: str) -> bool:
    """Whether one of the words is long enough for the index."""
    return bool(_indexed(phrase))


def contains(text: Any, phrase: str) -> ColumnElement[bool]:
    """Whether the text has all the words, in any order."""
    return and_(*(text.contains(word, autoescape=True) for word in _split(phrase)))


def matches(organization: Organization, phrase: str) -> ColumnElement[bool]:
    """Whether an invitation's address and name have all the words, by the organization's index."""
    if not is_indexed(phrase):
        return contains(Invitation.words, phrase)
    hits: Select[Any]
    if db.engine.dialect.name == "sqlite":
        hits = select(_lite.c.rowid).where(_lite_match(organization, phrase))
    else:
        hits = select(_table.c.invitation_id).where(_grams_match(organization, phrase))
        return and_(Invitation.id.in_(hits), contains(Invitation.words, phrase))
    short = [word for word in _split(phrase) if len(word) < GRAM]
    if not short:
        return Invitation.id.in_(hits)
    return and_(Invitation.id.in_(hits), contains(Invitation.words, " ".join(short)))


def _split(phrase: str) -> list[str]:
    return phrase.split(maxsplit=WORDS_MOST - 1)


def _indexed(phrase: str) -> list[str]:
    return [word for word in _split(phrase) if len(word) >= GRAM]


def _lite_match(organization: Organization, phrase: str) -> ColumnElement[bool]:
    quoted = (word.replace('"', '""') for word in _indexed(phrase))
    parts = [f'organization : "o{organization.id};"', *(f'words : "{word}"' for word in quoted)]
    return literal_column("invitation_search").op("MATCH")(" AND ".join(parts))


def _grams_match(organization: Organization, phrase: str) -> ColumnElement[bool]:
    grams = dict.fromkeys(
        f"{organization.id}:{word[n : n + GRAM]}"
        for word in _indexed(phrase)
        for n in range(len(word) - GRAM + 1)
    )
    indexed = func.invitation_grams(_table.c.organization_id, _table.c.words)
    return indexed.op("@>")(literal(list(grams)[:GRAMS_MOST], ARRAY(Text)))
