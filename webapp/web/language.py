"""The language of a page: the reader's choice, else the link's or account's, else the browser's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote, urlencode

from flask import Blueprint, Flask, g, has_request_context, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from webapp import (
    egress,
    formats,
    languages,
    outages,
    outbound_http,
    smtp_words,
    stored_english,
)
from webapp.domain.events import sentences
from webapp.languages import ENGLISH, LANGUAGES, gettext
from webapp.web import cookies, forms, pages, scope
from webapp.web.api import guard
from webapp.web.forms import kept_addresses, sent

blueprint = Blueprint("language", __name__)

COOKIE = "gatehouse_language"
SECONDS = 365 * 24 * 60 * 60  # that a choice is remembered

# Blueprints in English only: for programmers, operators and programs.
ENGLISH_ONLY = frozenset({"docs", "health", "mailbox", "metrics", "resend_webhook", "styleguide"})


def start(app: Flask) -> None:
    """Choose the language of each request."""
    languages.start(app, _select)
    app.template_filter("as_a")(as_a)
    app.template_filter("translated")(translated)
    app.template_filter("inside_sentence")(formats.inside_sentence)
    app.template_filter("listed")(formats.listed)
    app.jinja_env.globals["marked"] = languages.marked
    app.context_processor(_on_every_page)


def as_a(role: str) -> str:
    """The role as it is in a sentence, in the current language."""
    return gettext(sentences.as_a(role))


def translated(words: str) -> str:
    """Why something was not sent, as it was kept in English, in the current language."""
    return stored_english.translated_by(
        words, *egress.WORDS, *outbound_http.WORDS, *smtp_words.WITH_VALUES
    )


def prefer(ask: Callable[[], str | None]) -> None:
    """Use the language that this answers, unless the reader chose one; asked when it is needed."""
    g.preferred_language = ask
    languages.forget()


@blueprint.post("/language")
def choose() -> AnyResponse:
    """Remember the reader's choice, and go back to the page."""
    form = forms.ButtonForm()
    response = pages.back_or("/")
    done = form.attempt(_remember, response, request.form.get("language"))
    return response if done else pages.refused(form.refusal())


def _remember(response: AnyResponse, tag: str | None) -> None:
    if languages.known(tag):
        cookies.put(response, COOKIE, str(tag), SECONDS)


def is_translated() -> bool:
    """Whether the current page is there in every language, as is that of an unknown address."""
    if not has_request_context() or guard.is_call():
        return False
    return request.blueprint not in ENGLISH_ONLY


def _select() -> str:
    if not is_translated():
        return ENGLISH.tag
    if chosen := languages.known(cookies.read(COOKIE)):
        return chosen
    preferred = _preferred()
    return (
        preferred
        or languages.known(_of_account())
        or request.accept_languages.best_match(LANGUAGES)
        or ENGLISH.tag
    )


def _preferred() -> str | None:
    """What `prefer` was given; put away while it is asked, as a refusal in it has words as well."""
    ask = g.pop("preferred_language", None)
    if ask is None:
        return None
    try:
        return languages.known(ask())
    finally:
        g.preferred_language = ask


def _of_account() -> str | None:
    person = scope.user()
    try:
        return person.language if person else None
    except Exception as error:
        if outages.of(error) is None:
            raise
        return None  # the page is about a database that is away


def _on_every_page() -> dict[str, object]:
    return {
        "language": languages.current(),
        "languages": LANGUAGES.values() if is_translated() else (),
        "same_page": _same_page(),
    }


def _same_page() -> str | None:
    """Where the page is opened again; after a POST the page of its form, a link's by its token."""
    if not has_request_context():
        return None
    if request.method != "POST":  # also at an address that there is not, whatever is in it
        query = f"?{request.query_string.decode('latin-1')}".rstrip("?")
        return kept_addresses.without(quote(request.path, errors="replace") + query)
    path = url_for("registration.show") if request.blueprint == "registration" else request.path
    with suppress(HTTPException):  # a body too large to be read
        if page := sent.page() or pages.own_path(request.form.get("back")):
            return page
        if token := request.form.get("token"):
            return f"{path}?{urlencode({'token': token})}"
    return path
