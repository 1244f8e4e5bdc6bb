"""A POST that was not done: what was typed is kept, or listed on the page that says why."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, g, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.domain.accounts import kept_forms
from webapp.domain.accounts.kept_forms import Kept
from webapp.models import Session
from webapp.web import large_bodies
from webapp.web.forms import form_cookie, kept, kept_addresses
from webapp.web.forms.pages import FORM_PAGES, FormPage
from webapp.web.paths import own_path


def way_back(of: Session | None, lacked: str = kept_forms.SESSION) -> str | None:
    """Where the sender of the present POST goes once they may; what they typed is kept.

    Only for browsers that had a session here, so that strangers make no rows; and not for posts
    from another site under the same domain, which nobody has typed here.
    """
    form_page = FORM_PAGES.get(request.endpoint or "")
    if form_page is None:  # anybody may use it, and it noticed on its way that the session ended
        return None
    page = _page_of(form_page)
    if of is None or not _is_from_here():
        return kept_addresses.naming(page, kept_addresses.NONE)
    form_id = kept_forms.keep(
        of.user_id,
        form_cookie.make_browser_key(),
        endpoint=request.endpoint or "",
        page=page,
        fields=_typed(form_page),
        lacked=lacked,
    )
    return kept_addresses.naming(page, form_id or kept_addresses.NONE)


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
        g.kept = kept.Shown(
            Kept(kept_addresses.NONE, request.endpoint or "", "", fields), was_signed_out=False
        )


def _page_of(form_page: FormPage) -> str:
    """The form's page; of a button, the page where it was pressed."""
    if not form_page.keeps:
        here = urlsplit(request.headers.get("HX-Current-URL", ""))
        pressed = here._replace(scheme="", netloc="", fragment="").geturl()
        if back := own_path(request.form.get("back")) or own_path(pressed):
            return kept_addresses.without(back)
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
