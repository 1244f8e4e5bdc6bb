"""Giving a form back that arrived after its session had ended, once its sender has signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flask import Response, flash, g, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.accounts import kept_forms, session_lifetimes
from webapp.domain.accounts.kept_forms import Kept
from webapp.models import Session
from webapp.web.forms import form_cookie, kept_addresses, kept_words
from webapp.web.forms.pages import FORM_PAGES, FormPage
from webapp.web.paths import row_id


@dataclass
class Shown:
    """A form that is given back on the page that is being made, or listed there."""

    kept: Kept
    is_filled_in: bool = False
    was_signed_out: bool = True

    @property
    def form_page(self) -> FormPage:
        """The form's page."""
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


def recall(user_id: int) -> AnyResponse | None:
    """Give the form back that the present address names, if it is this user's and this page's.

    Where there is nothing to fill in, it is said once, and the address named again without it.
    """
    asked = request.args.get("kept")
    if asked is None or request.method != "GET" or request.headers.get("HX-Request") == "true":
        return None
    kept = form_cookie.find(row_id(asked), user_id)
    if kept is not None and kept.page.partition("?")[0] != request.path:
        kept = None
    if kept is not None and kept.fields:
        g.kept = Shown(kept)
        return None
    flash(kept_words.without_form(kept, was_kept=asked != str(kept_addresses.NONE)), "info")
    if kept is not None:
        form_cookie.drop(kept.id)
    return redirect(kept_addresses.without(request.full_path.rstrip("?")), 303)


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
    return given.kept.id if given is not None and given.is_filled_in else kept_addresses.NONE


def finish(response: Response) -> Response:
    """Forget a form that was given back and has been sent: its work is done."""
    if request.method == "POST" and response.status_code == 303 and g.get("user"):
        form_cookie.drop(number())
    return response


def welcome(response: Response | AnyResponse, begun: Session | None) -> None:
    """Empty the form cookie, but for what finds the forms that the same user sent from here.

    A form that was kept is where signing in leads, unless another page was asked for. What
    somebody else sent from this browser is forgotten, and nothing of it shown.
    """
    browser_key = form_cookie.browser_key()
    form_cookie.empty(begun)
    if begun is None or not browser_key:
        return
    form_cookie.use_browser_key(browser_key)
    target = response.headers.get("Location", "")
    sent = kept_addresses.named_in(target) or kept_addresses.NONE
    if form_cookie.find(sent, None) is not None and form_cookie.find(sent, begun.user_id) is None:
        flash(kept_words.without_form(None, was_kept=True), "info")
        response.headers["Location"] = url_for("home.index")
    elif target == url_for("home.index"):
        response.headers["Location"] = waiting(begun.user_id) or target
    kept_forms.drop_of_others(browser_key, begun.user_id)


def waiting(user_id: int) -> str | None:
    """Where the form that the user sent last from this browser is given back, if one is kept."""
    browser_key = form_cookie.browser_key()
    newest = kept_forms.newest(browser_key, user_id) if browser_key else None
    return kept_addresses.naming(newest.page, newest.id) if newest is not None else None


def told(wanted: str | None, find_ended: Callable[[], Session | None]) -> list[str]:
    """What the sign-in page says: why the visitor was sent there, and what became of the form."""
    if not wanted:
        return []
    ended = find_ended()
    said = [session_lifetimes.why_over(ended)] if ended is not None else []
    sent = kept_addresses.named_in(wanted)
    return (
        said if sent is None else [*said, kept_words.for_signing_in(form_cookie.find(sent, None))]
    )
