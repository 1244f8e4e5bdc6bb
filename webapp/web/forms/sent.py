"""A POST that was refused: what was typed is kept, or listed on the error page."""

from __future__ import annotations

from flask import current_app, g, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.domain.accounts import kept_forms
from webapp.domain.accounts.kept_forms import Kept
from webapp.models import Session
from webapp.web import large_bodies
from webapp.web.forms import form_cookie, kept, kept_addresses
from webapp.web.forms.pages import FORM_PAGES, FormPage
from webapp.web.paths import of_address, own_path


def way_back(session: Session | None, lacked: str = kept_forms.SESSION) -> str | None:
    """Keep what was typed in this POST; the address where the sender gets it back.

    It is kept only for browsers that had a session here, so that strangers create no rows, and
    not for posts from another site, which nobody typed here.
    """
    form_page = FORM_PAGES.get(request.endpoint or "")
    if form_page is None:  # a form for anybody, which found out that the session had ended
        return None
    page = _page_of(form_page)
    if session is None or not _is_from_here():
        return kept_addresses.naming(page, kept_addresses.NONE)
    form_id = kept_forms.keep(
        session.user_id,
        form_cookie.make_browser_key(),
        endpoint=request.endpoint or "",
        page=page,
        fields=_typed(form_page),
        lacked=lacked,
    )
    return kept_addresses.naming(page, form_id or kept_addresses.NONE)


def is_lost(back: str | None) -> bool:
    """Whether what was typed in this POST is not kept, and is only on the page that sent it."""
    form_page = FORM_PAGES.get(request.endpoint or "")
    if back is None or form_page is None or not form_page.keeps:
        return False
    form_id = kept_addresses.named_in(back) or kept_addresses.NONE
    form = form_cookie.find(form_id, None)
    if form is not None and form.is_too_long:
        form_cookie.drop(form_id)
    return form is None or form.is_too_long


def page() -> str | None:
    """The page of the form that this POST sends, if it is one for signed-in people."""
    form_page = FORM_PAGES.get(request.endpoint or "")
    return _page_of(form_page) if form_page is not None else None


def show_typed() -> None:
    """List what was typed in this POST on its error page."""
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
        g.kept = kept.ReturnedForm(
            Kept(kept_addresses.NONE, request.endpoint or "", "", fields), was_signed_out=False
        )


def _page_of(form_page: FormPage) -> str:
    """The form's page, or for a button the page where it was pressed."""
    if not form_page.keeps:
        path = of_address(request.headers.get("HX-Current-URL", ""))
        if back := own_path(request.form.get("back")) or own_path(path):
            return kept_addresses.without(back)
    names: set[str] = set()
    for rule in current_app.url_map.iter_rules(form_page.page):
        names |= rule.arguments
    values = {name: value for name, value in (request.view_args or {}).items() if name in names}
    return url_for(form_page.page, **values)


def _typed(form_page: FormPage) -> list[tuple[str, str]]:
    try:
        sent = request.form
    except RequestEntityTooLarge:
        large_bodies.drain()
        return [("", " " * (kept_forms.BYTES_MOST + 1))]
    return [(name, text) for name in form_page.keeps for text in sent.getlist(name)]


def _is_from_here() -> bool:
    return request.headers.get("Sec-Fetch-Site") in (None, "same-origin", "none")
