"""What people read whose form arrived after their session had ended."""

from __future__ import annotations

from webapp.domain.accounts.kept_forms import FACTOR, SESSION, Kept
from webapp.languages import gettext, marked
from webapp.web.forms.pages import FORM_PAGES

BEFORE = {
    SESSION: marked("You were signed out before you sent this, so nothing was done yet."),
    FACTOR: marked("You had no second factor yet when you sent this, so nothing was done."),
}
# The labels of the fields that people type into; the other fields are chosen from lists.
LABELS = {
    "full_name": marked("Full name"),
    "username": marked("Username"),
    "email": marked("Email address"),
    "emails": marked("Addresses"),
    "name": marked("Name"),
    "message": marked("Personal message"),
    "expiry_days": marked("How many days a link works"),
    "allowed_domains": marked("Allowed domains"),
    "label": marked("Label"),
    "domains": marked("Allowed domains"),
    "most_uses": marked("How many people"),
    "access_days": marked("Days of access"),
    "subject": marked("Subject"),
    "body": marked("Text"),
    "url": marked("Address"),
    "slug": marked("Short name"),
    "home_url": marked("Home address"),
    "visit_minutes": marked("Length of a visit, in minutes"),
    "redirect_uris": marked("Redirect addresses"),
    "post_logout_redirect_uris": marked("Addresses after signing out"),
    "backchannel_logout_uri": marked("Back-channel logout address"),
    "description": marked("Description"),
    "reason": marked("The reason"),
    "proposals_per_month": marked("Suggestions per person per month"),
    "access_until": marked("Last day of access"),
    "time_zone": marked("Time zone"),
    "default_admin": marked("Admins: usual term in days"),
    "longest_admin": marked("Admins: longest term in days"),
    "default_manager": marked("Managers: usual term in days"),
    "longest_manager": marked("Managers: longest term in days"),
    "default_contributor": marked("Contributors: usual term in days"),
    "longest_contributor": marked("Contributors: longest term in days"),
}
REFUSED = marked("Nothing was done. Copy what you typed if you need it:")
NOT_KEPT = marked(
    "You were not signed in when you sent this, so nothing was done, and nothing was kept."
)
NOT_FOUND = marked(
    "No form is kept for you here. A form is kept for an hour, for the person who sent it and in "
    "the same browser."
)
STAY = marked(
    "Nothing was done, and what you typed is only on this page. Sign in in another tab, then press "
    "the button again here."
)
SAVE_IT = marked("To save it, go back in your browser and copy it before you sign in.")


def for_signing_in(kept: Kept | None) -> str:
    """For the sign-in page: what became of the form."""
    if kept is None:
        return _two(marked("Nothing was done, and what you typed is not kept."), SAVE_IT)
    if kept.is_too_long:
        return _two(marked("Nothing was done, and what you typed was too long to keep."), SAVE_IT)
    if kept.fields:
        return gettext(
            "Nothing was done yet. What you typed is kept for an hour, in this browser and for "
            "you alone. Sign in to get it back."
        )
    return gettext("Nothing was done yet. Sign in to go back to the page where you were.")


def with_form(kept: Kept) -> str:
    """For the page whose form is filled in again."""
    button = FORM_PAGES[kept.endpoint].button
    if button:
        press = gettext("Check what you typed, then press “%(button)s”.", button=gettext(button))
    else:
        press = gettext("Check what you typed, then press the button again.")
    return f"{gettext(BEFORE[kept.lacked])} {press}"


def instead_of_form(kept: Kept) -> str:
    """For a page that lists what was typed, because it has no form for it."""
    cannot = marked("The form cannot be filled in again. Copy what you typed if you need it:")
    return _two(BEFORE[kept.lacked], cannot)


def without_form(kept: Kept | None, *, was_kept: bool) -> str:
    """For a page where there is nothing to fill in."""
    if kept is None:
        return gettext(NOT_FOUND if was_kept else NOT_KEPT)
    now = FORM_PAGES[kept.endpoint].again or marked("Press the button again.")
    if kept.is_too_long:
        now = marked("What you typed was too long to keep.")
    return _two(BEFORE[kept.lacked], now)


def _two(first: str, second: str) -> str:
    """Two sentences, each in the reader's language."""
    return f"{gettext(first)} {gettext(second)}"
