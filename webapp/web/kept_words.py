"""What people are told whose form arrived after their session had ended."""

from __future__ import annotations

from webapp.domain.kept_forms import Kept
from webapp.web.form_pages import FORM_PAGES, FormPage

BEFORE = "You were signed out before you sent this, so nothing was done yet."
LISTED = f"{BEFORE} The form cannot be filled in again. Copy what you typed if you need it:"
REFUSED = "Nothing was done. Copy what you typed if you need it:"
NOT_KEPT = "You were not signed in when you sent this, so nothing was done, and nothing was kept."
NOT_FOUND = (
    "No form is kept for you here. A form is kept for an hour, for the person who sent it and in "
    "the same browser."
)
SAVE_IT = "To save it, go back in your browser and copy it before you sign in."


def for_signing_in(kept: Kept | None) -> str:
    """On the sign-in page: what became of the form that was sent."""
    if kept is None:
        return f"Nothing was done, and what you typed is not kept. {SAVE_IT}"
    if kept.is_too_long:
        return f"Nothing was done, and what you typed was too long to keep. {SAVE_IT}"
    if kept.fields:
        return (
            "Nothing was done yet. What you typed is kept for an hour, in this browser and for "
            "you alone. Sign in to get it back."
        )
    return "Nothing was done yet. Sign in to go back to the page where you were."


def with_form(form_page: FormPage) -> str:
    """Above the form that is filled in again."""
    press = f"press “{form_page.button}”" if form_page.button else "press the button again"
    return f"{BEFORE} Check what you typed, then {press}."


def without_form(kept: Kept | None, *, was_kept: bool) -> str:
    """Among the messages of a page where there is nothing to fill in."""
    if kept is None:
        return NOT_FOUND if was_kept else NOT_KEPT
    if kept.is_too_long:
        return f"{BEFORE} What you typed was too long to keep."
    again = FORM_PAGES[kept.endpoint].again
    return f"{BEFORE} Enter {again} again." if again else f"{BEFORE} Press the button again."
