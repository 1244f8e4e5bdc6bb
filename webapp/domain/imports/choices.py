"""What somebody says about a file that the file does not say itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from webapp.domain import texts
from webapp.domain.imports import columns

ROLE_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody says about a file: the column of each field, the codec, a role for each word.

    None, and nothing, for what the file says itself. `any_role` is for all other words.
    """

    columns: Mapping[str, int] | None = None
    charset: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    any_role: str | None = None

    def role(self, word: str | None) -> str | None:
        """Our role for a word in a file; the word itself if nobody has said."""
        key = role_key(word)
        if not key or key in columns.ROLES:
            return word
        return self.roles.get(key) or self.any_role or word


def role_key(word: str | None) -> str:
    """A word of a role's column as the same word is found again."""
    return cut_role(word).casefold()


def cut_role(word: str | None) -> str:
    """A word of a role's column as it is shown."""
    return " ".join(texts.showable((word or "")[: 2 * ROLE_LONGEST]).split())[:ROLE_LONGEST]
