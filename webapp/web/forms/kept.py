"""Giving a form back that arrived after its session had ended, once its sender has signed in."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from flask import Response, current_app, flash, g, redirect, request, session, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.accounts import kept_forms, sessions
from webapp.domain.accounts.kept_forms import Kept
from webapp.models import Session
from webapp.web import large_bodies
from webapp.web.forms import kept_words
from webapp.web.forms.pages import FORM_PAGES, FormPage
from webapp.web.paths import own_path, row_id

KEY = "browser"  # in the form cookie: what this browser's kept forms are encrypted with as well
LAST = "session"  # in the form cookie: the last session of this browser, by its number
NONE = 0  # in an address: the form that was sent is not kept

_ASKED = re.compile(r"([?&])kept=[^&]*(?:&|$)")


@dataclass
class Shown:
    """A form that is given back on the page that is being made, or listed there."""

    kept: Kept
    is_filled_in: bool = False
    was_signed_out: bool = True

    @property
    def form_page(self) -> FormPage:
        """Where the form stands."""
        return FORM_PAGES[self.kept.endpoint]

    @property
    def typed(self) -> Sequence[tuple[str, str]]:
        """What was typed, for reading, by the names of the fields on the page."""
        labels = kept_words.LABELS
        return [(labels[name], text) for name, text in self.kept.fields if text and name in labels]

    @property
    def sentences(self) -> Sequence[str]:
        """What happened, and what to do now."""
        if not self.was_signed_out:
            return [kept_words.REFUSED]
        words = kept_words.with_form if self.is_filled_in else kept_words.instead_of_form
        return [words(self.kept)]


def way_back(of: Session | None, lacked: str = kept_forms.SESSION) -> str | None:
    """Where the sender of the present POST goes once they may; what they typed is kept.

    Only for who had a session here, so that strangers make no rows; and not for another site
    under the same domain, whose words nobody here has typed.
    """
    form_page = FORM_PAGES.get(request.endpoint or "")
    if form_page is None:  # anybody may use it, and it noticed on its way that the session ended
        return None
    page = _page_of(form_page)
    if of is None or not _is_from_here():
        return _with(page, NONE)
    session.setdefault(KEY, secrets.token_urlsafe(32))
    form_id = kept_forms.keep(
        of.user_id,
        session[KEY],
        endpoint=request.endpoint or "",
        page=page,
        fields=_typed(form_page),
        lacked=lacked,
    )
    return _with(page, form_id or NONE)


def recall(user_id: int) -> AnyResponse | None:
    """Give the form back that the present address names, if it is this very user's and page's.

    Where there is nothing to fill in, it is said once, and the address named again without it.
    """
    asked = request.args.get("kept")
    if asked is None or request.method != "GET" or request.headers.get("HX-Request") == "true":
        return None
    kept = _find(row_id(asked), user_id)
    if kept is not None and kept.page.partition("?")[0] != request.path:
        kept = None
    if kept is not None and kept.fields:
        g.kept = Shown(kept)
        return None
    flash(kept_words.without_form(kept, was_kept=asked != str(NONE)), "info")
    if kept is not None:
        kept_forms.drop(kept.id, session[KEY])
    return redirect(without(request.full_path.rstrip("?")), 303)


def shown() -> Shown | None:
    """The form that is given back on this page, if there is one."""
    found: Shown | None = g.get("kept")
    return found


def fill_in(names: Iterable[str]) -> MultiDict[str, str] | None:
    """What was typed into a form with fields of these names, if it is given back here."""
    given = shown()
    if given is None or not given.kept.id or not set(given.form_page.keeps) <= set(names):
        return None
    given.is_filled_in = True
    return MultiDict(given.kept.fields)


def number() -> int:
    """The number of the form that is being filled in again, or sent after that; 0 for none."""
    if request.method == "POST":
        return row_id(request.form.get("kept"))
    given = shown()
    return given.kept.id if given is not None and given.is_filled_in else NONE


def welcome(response: Response | AnyResponse, begun: Session | None) -> None:
    """Empty the form cookie, but for what finds the forms that the same user sent from here.

    A form that was kept is where signing in leads, unless another page was asked for. What
    somebody else sent from this browser is forgotten, and nothing of it shown.
    """
    browser_key = session.get(KEY)
    farewell(begun)
    if begun is None or not browser_key:
        return
    session[KEY] = browser_key
    target = response.headers.get("Location", "")
    sent = _named_in(target) or NONE
    if _find(sent, None) is not None and _find(sent, begun.user_id) is None:
        flash(kept_words.without_form(None, was_kept=True), "info")
        response.headers["Location"] = url_for("home.index")
    elif target == url_for("home.index"):
        response.headers["Location"] = waiting(begun.user_id) or target
    kept_forms.drop_of_others(browser_key, begun.user_id)


def waiting(user_id: int) -> str | None:
    """Where the form that the user sent last from this browser is given back, if one is kept."""
    newest = kept_forms.newest(session[KEY], user_id) if KEY in session else None
    return _with(newest.page, newest.id) if newest is not None else None


def farewell(last: Session | None) -> None:
    """Empty the form cookie, but for which session was the last: another tab may hold a form."""
    session.clear()
    if last is not None:
        session[LAST] = last.id


def last_session() -> Session | None:
    """The last session of this browser, ended or not, by the form cookie."""
    return sessions.one(session[LAST]) if LAST in session else None


def finish(response: Response) -> Response:
    """Forget a form that was given back and has been sent: its work is done."""
    if (
        request.method == "POST"
        and response.status_code == 303
        and g.get("user")
        and KEY in session
    ):
        done = number()
        if done:
            kept_forms.drop(done, session[KEY])
    return response


def show_typed() -> None:
    """List what the present POST has brought on the page that says why it was not done."""
    form_page = FORM_PAGES.get(request.endpoint or "")
    if (
        request.method != "POST"
        or form_page is None
        or g.get("user") is None
        or not _is_from_here()
    ):
        return
    fields = _typed(form_page)
    if any(text for _, text in fields):
        g.kept = Shown(Kept(NONE, request.endpoint or "", "", fields), was_signed_out=False)


def told(wanted: str | None, find_ended: Callable[[], Session | None]) -> list[str]:
    """What the sign-in page says to whoever was sent there: why, and what became of the form."""
    if not wanted:
        return []
    ended = find_ended()
    said = [sessions.why_over(ended)] if ended is not None else []
    sent = _named_in(wanted)
    return said if sent is None else [*said, kept_words.for_signing_in(_find(sent, None))]


def without(address: str) -> str:
    """The address without the form that it names."""
    return _ASKED.sub(lambda m: m[1], address).rstrip("?&")


def _named_in(address: str) -> int | None:
    asked = parse_qs(urlsplit(address).query).get("kept")
    return row_id(asked[0]) if asked else None


def _find(form_id: int, user_id: int | None) -> Kept | None:
    if not form_id or KEY not in session:
        return None
    found = kept_forms.find(form_id, session[KEY], user_id)
    return found if found is not None and found.endpoint in FORM_PAGES else None


def _page_of(form_page: FormPage) -> str:
    """The form's page; of a button, the page where it was pressed."""
    if not form_page.keeps:
        here = urlsplit(request.headers.get("HX-Current-URL", ""))
        pressed = here._replace(scheme="", netloc="", fragment="").geturl()
        if back := own_path(request.form.get("back")) or own_path(pressed):
            return without(back)
    wanted: set[str] = set()
    for rule in current_app.url_map.iter_rules(form_page.page):
        wanted |= rule.arguments
    given = {name: value for name, value in (request.view_args or {}).items() if name in wanted}
    return url_for(form_page.page, **given)


def _typed(form_page: FormPage) -> list[tuple[str, str]]:
    try:
        sent = request.form
    except RequestEntityTooLarge:
        large_bodies.drain()
        return [("", " " * (kept_forms.BYTES_MOST + 1))]
    return [(name, text) for name in form_page.keeps for text in sent.getlist(name)]


def _is_from_here() -> bool:
    return request.headers.get("Sec-Fetch-Site") in (None, "same-origin", "none")


def _with(address: str, form_id: int) -> str:
    return f"{address}{'&' if '?' in address else '?'}kept={form_id}"
