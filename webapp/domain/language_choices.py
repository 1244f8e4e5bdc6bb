"""The language that somebody is to be written to in, as a form or a program names it."""

from __future__ import annotations

from webapp import formats, languages
from webapp.domain.errors import Refusal
from webapp.languages import LANGUAGES, Language, gettext


def named(tag: str) -> Language:
    """The language of a tag; refuses one that there is not."""
    if languages.known(tag) is None:
        names = formats.listed(language.name for language in LANGUAGES.values())
        raise Refusal(gettext("Choose one of these languages: %(names)s.", names=names), "language")
    return LANGUAGES[tag]
