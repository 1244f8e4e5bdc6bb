"""What people read whose form arrived after their session had ended."""

from __future__ import annotations

from webapp.domain.accounts.kept_forms import FACTOR, SESSION, Kept
from webapp.web.forms.pages import FORM_PAGES

BEFORE = {
    SESSION: "You were signed out before you sent this, so nothing was done yet.",
    FACTOR: "You had no second factor yet when you sent this, so nothing was done.",
}
# The labels of the fields that people type into; the other fields are chosen from lists.
LABELS = {
    "full_name": "Full name",
    "username": "Username",
    "email": "Email address",
    "emails": "Addresses",
    "name": "Name",
    "message": "Personal message",
    "expiry_days": "Days that a link is good for",
    "allowed_domains": "Domains that may be invited",
    "subject": "Subject",
    "body": "Text",
    "url": "Address",
}
REFUSED = "Nothing was done. Copy what you typed if you need it:"
NOT_KEPT = "You were not signed in when you sent this, so nothing was done, and nothing was kept."
NOT_FOUND = (
    "No form is kept for you here. A form is kept for an hour, for the person who sent it and in "
    "the same browser."
)
SAVE_IT = "To save it, go back in your browser and copy it before you sign in."


def for_signing_in(kept: Kept | None) -> str:
    """For the sign-in page: what became of the form."""
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


def with_form(kept: Kept) -> str:
    """For the page whose form is filled in again."""
    form_page = FORM_PAGES[kept.endpoint]
    press = f"press “{form_page.button}”" if form_page.button else "press the button again"
    return f"{BEFORE[kept.lacked]} Check what you typed, then {press}."


def instead_of_form(kept: Kept) -> str:
    """For a page that lists what was typed, because it has no form for it."""
    return (
        f"{BEFORE[kept.lacked]} The form cannot be filled in again. Copy what you typed if you "
        "need it:"
    )


def without_form(kept: Kept | None, *, was_kept: bool) -> str:
    """For a page where there is nothing to fill in."""
    if kept is None:
        return NOT_FOUND if was_kept else NOT_KEPT
    again = FORM_PAGES[kept.endpoint].again
    now = f"Enter {again} again." if again else "Press the button again."
    if kept.is_too_long:
        now = "What you typed was too long to keep."
    return f"{BEFORE[kept.lacked]} {now}"
