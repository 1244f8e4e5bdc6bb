"""Languages: which there are, which one is being written in, and the words of each.

English is in the code; the others are in webapp/translations/. `make translations` brings those up
to date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import flask_babel
from babel.support import NullTranslations
from flask import Flask, g, has_app_context
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape


class Language(NamedTuple):
    """A language under its BCP 47 tag: its own name, and the direction it is written in."""

    tag: str
    name: str
    direction: str = "ltr"


ENGLISH = Language("en", "English")
LANGUAGES = {
    language.tag: language
    for language in (ENGLISH, Language("de", "Deutsch"), Language("ar", "العربية", "rtl"))
}
CHOICES = [(one.tag, one.name, {"lang": one.tag}) for one in LANGUAGES.values()]  # of a form


class _Spoken(NamedTuple):
    """A language, and its words."""

    language: Language
    words: NullTranslations


_NOBODYS = _Spoken(ENGLISH, NullTranslations())
# Through its proxy each look at what is spoken would take ten times as long.
_here: Callable[[], Any] = g._get_current_object


def start(app: Flask, select: Callable[[], str]) -> None:
    """Have templates and `gettext` speak the language that `select` names for a request."""
    flask_babel.Babel(app, locale_selector=select)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda words: _spoken().words.gettext(words),
        ngettext=lambda one, many, number: _spoken().words.ngettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals |= {"_": _on_page, "gettext": _on_page}


@pass_eval_context
def _on_page(context: EvalContext, words: str, /, **values: object) -> str:
    """The words with their values, escaped in a page; Jinja's own way there is twice as long."""
    fill = _filled if values else _without_values
    return fill(_spoken().words, words, context.autoescape, **values)


def _filled(catalogue: NullTranslations, words: str, is_page: bool, /, **values: object) -> str:
    told: str = catalogue.gettext(words)
    return filled(told, **values) if is_page else told % values


def filled(pattern: str, /, **values: object) -> Markup:
    """Markup with its %(placeholders)s filled in, escaped; its own `%` takes five times as long."""
    escaped = {name: escape(value) for name, value in values.items()}
    return Markup(str.__mod__(pattern, escaped))  # noqa: S704 - ours


_without_values = lru_cache(maxsize=8192)(_filled)  # as many as there are, in each language


def _spoken() -> _Spoken:
    """What is spoken now; kept for the request, because a page asks for each of its words."""
    try:
        return _here().spoken  # type: ignore[no-any-return]
    except AttributeError:
        language = LANGUAGES.get(str(flask_babel.get_locale()), ENGLISH)
        g.spoken = _Spoken(language, flask_babel.get_translations())
        return g.spoken  # type: ignore[no-any-return]
    except RuntimeError:  # outside of requests and jobs
        return _NOBODYS


def current() -> Language:
    """The language of the current request or mail; English outside both."""
    return _spoken().language


def known(tag: str | None) -> str | None:
    """The tag, if it is of a language that there is."""
    return tag if tag in LANGUAGES else None


@contextmanager
def written_in(*tags: str | None) -> Iterator[None]:
    """Write in the first of these languages that there is inside the block; else in English."""
    before = _put_away()
    try:
        with flask_babel.force_locale(next(filter(known, tags), ENGLISH.tag)):
            yield
    finally:
        _put_away()
        if before is not None:
            g.spoken = before


def _put_away() -> _Spoken | None:
    spoken: _Spoken | None = g.pop("spoken", None) if has_app_context() else None
    return spoken


def forget() -> None:
    """Choose the request's language again: more is known about it than before."""
    _put_away()
    flask_babel.refresh()


def marked_plural(one: str, many: str) -> tuple[str, str]:
    """The words for one thing and for many, marked: `ngettext` is asked for them later."""
    return one, many


def gettext(words: str, /, **values: object) -> str:
    """The words in the current language, with the values of their %(placeholders)s."""
    told = str(_spoken().words.gettext(words))
    return told % values if values else told


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """The words for that number of things, which is %(num)s in them."""
    told = str(_spoken().words.ngettext(one, many, number))
    return told % {"num": number, **values}


def catalogue() -> object:
    """The words of the current language, the same object for as long as they are loaded."""
    return _spoken().words


def marked(words: str) -> str:
    """The words as they are, marked for the catalogue: `gettext` is asked for them later."""
    return words
