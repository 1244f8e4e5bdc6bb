"""Finding invitations by any part of an address or a name, at any size of the table."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Text, column, func, literal, literal_column, select, table
from sqlalchemy.dialects.postgresql import ARRAY

from webapp.db import db
from webapp.domain import texts
from webapp.models import Invitation, Organization

LONGEST = 254
GRAM = 3  # letters in an entry of the index; shorter words are searched without it
GRAMS_MOST = 12

# A full-text table on SQLite, an ordinary one with an index of its grams on PostgreSQL.
_lite = table("invitation_search", column("rowid"))
_table = table(
    "invitation_search", column("invitation_id"), column("organization_id"), column("words")
)


def words(q: str | None) -> str:
    """The searchable words of what was typed, in lower case; "" for nothing."""
    return " ".join(texts.showable(q or "").split())[:LONGEST].casefold()


def is_indexed(phrase: str) -> bool:
    """Whether the words are long enough for the index."""
    return len(phrase) >= GRAM


def matches(organization: Organization, phrase: str) -> ColumnElement[bool]:
    """Whether an invitation's address or name contains the words, by the organization's index."""
    contains = Invitation.words.contains(phrase, autoescape=True)
    if not is_indexed(phrase):
        return contains
    if db.engine.dialect.name == "sqlite":
        quoted = phrase.replace('"', '""')
        match = f'organization : "o{organization.id};" AND words : "{quoted}"'
        hits = select(_lite.c.rowid).where(literal_column("invitation_search").op("MATCH")(match))
        return Invitation.id.in_(hits)
    places = range(len(phrase) - GRAM + 1)
    grams = list(dict.fromkeys(f"{organization.id}:{phrase[n : n + GRAM]}" for n in places))
    has_all = func.invitation_grams(_table.c.organization_id, _table.c.words).op("@>")(
        literal(grams[:GRAMS_MOST], ARRAY(Text))
    )
    return Invitation.id.in_(select(_table.c.invitation_id).where(has_all)) & contains
