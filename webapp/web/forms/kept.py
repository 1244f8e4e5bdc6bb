"""Forms that arrived after their session had ended: given back once the sender signs in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flask import Response, flash, g, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.accounts import kept_forms, session_lifetimes
from webapp.domain.accounts.kept_forms import Kept
from webapp.languages import gettext
from webapp.models import Session
from webapp.web.forms import form_cookie, kept_addresses, kept_words
from webapp.web.forms.pages import FORM_PAGES, FormPage
from webapp.web.paths import row_id


@dataclass
class ReturnedForm:
    """A kept form that the current page fills in again or lists."""

    kept: Kept
    is_filled_in: bool = False
    was_signed_out: bool = True

    @property
    def form_page(self) -> FormPage:
        """The form's page."""
        return FORM_PAGES[self.kept.endpoint]

    @property
    def typed(self) -> Sequence[tuple[str, str]]:
        """What was typed, under the fields' labels."""
        labels = kept_words.LABELS
        typed = [(name, text) for name, text in self.kept.fields if text and name in labels]
        return [(gettext(labels[name]), text) for name, text in typed]

    @property
    def sentences(self) -> Sequence[str]:
        """What happened, and what to do next."""
        if not self.was_signed_out:
            return [gettext(kept_words.REFUSED)]
        words = kept_words.with_form if self.is_filled_in else kept_words.instead_of_form
        return [words(self.kept)]


def recall(user_id: int) -> AnyResponse | None:
    """Give back the form named in the address, if it belongs to this user and this page.

    If there is nothing to fill in, say so once, and redirect to the address without it.
    """
    number = request.args.get("kept")
    if number is None or request.method != "GET" or request.headers.get("HX-Request") == "true":
        return None
    kept = form_cookie.find(row_id(number), user_id)
    if kept is not None and kept.page.partition("?")[0] != request.path:
        kept = None
    if kept is not None and kept.fields:
        g.kept = ReturnedForm(kept)
        return None
    flash(kept_words.without_form(kept, was_kept=number != str(kept_addresses.NONE)), "info")
    if kept is not None:
        form_cookie.drop(kept.id)
    return redirect(kept_addresses.without(request.full_path.rstrip("?")), 303)


def returned() -> ReturnedForm | None:
    """The form that this page gives back, if there is one."""
    form: ReturnedForm | None = g.get("kept")
    return form


def fill_in(names: Iterable[str]) -> MultiDict[str, str] | None:
    """What was typed into the form with these fields, if this page gives it back."""
    form = returned()
    if form is None or not form.kept.id or not set(form.form_page.keeps) <= set(names):
        return None
    form.is_filled_in = True
    return MultiDict(form.kept.fields)


def number() -> int:
    """The id of the kept form that is being filled in again or sent again; 0 for none."""
    if request.method == "POST":
        return row_id(request.form.get("kept"))
    form = returned()
    return form.kept.id if form is not None and form.is_filled_in else kept_addresses.NONE


def finish(response: Response) -> Response:
    """Delete a kept form once it has been sent again successfully."""
    if request.method == "POST" and response.status_code == 303 and g.get("user"):
        form_cookie.drop(number())
    return response


def welcome(response: Response | AnyResponse, new_session: Session | None) -> None:
    """Empty the form cookie, except for the key of the forms that this user sent from here.

    Signing in leads to the kept form, unless another page was asked for. Forms that somebody
    else sent from this browser are deleted unseen.
    """
    browser_key = form_cookie.browser_key()
    form_cookie.empty(new_session)
    if new_session is None or not browser_key:
        return
    form_cookie.use_browser_key(browser_key)
    target = response.headers.get("Location", "")
    number = kept_addresses.named_in(target) or kept_addresses.NONE
    is_kept = form_cookie.find(number, None) is not None
    if is_kept and form_cookie.find(number, new_session.user_id) is None:
        flash(kept_words.without_form(None, was_kept=True), "info")
        response.headers["Location"] = url_for("home.index")
    elif target == url_for("home.index"):
        response.headers["Location"] = waiting(new_session.user_id) or target
    kept_forms.drop_of_others(browser_key, new_session.user_id)


def waiting(user_id: int) -> str | None:
    """The page of the newest form that this user sent from this browser, if one is kept."""
    browser_key = form_cookie.browser_key()
    newest = kept_forms.newest(browser_key, user_id) if browser_key else None
    return kept_addresses.naming(newest.page, newest.id) if newest is not None else None


def sign_in_notices(target: str | None, find_ended: Callable[[], Session | None]) -> list[str]:
    """Why the visitor was sent to the sign-in page, and what became of their form."""
    if not target:
        return []
    session, number = find_ended(), kept_addresses.named_in(target)
    notices = [session_lifetimes.why_over(session)] if session is not None else []
    if number is not None:
        notices.append(kept_words.for_signing_in(form_cookie.find(number, None)))
    return notices
