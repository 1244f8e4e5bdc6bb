"""Whoever adds a column decides what it means elsewhere."""

from __future__ import annotations

from sqlalchemy import String

from tests.web.test_later_versions import FREE, WORDS
from webapp.db import Base


def test_every_column_of_text_is_free_or_holds_a_word_that_a_later_version_may_change():
    columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, String) and column.name not in FREE
    }
    assert columns <= WORDS.keys()
    assert {word.partition(".")[0] for word in WORDS} <= Base.metadata.tables.keys()
