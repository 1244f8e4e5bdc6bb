"""What became of the people in the invite form."""

from __future__ import annotations

from flask import flash

from webapp import formats
from webapp.domain.imports.several import Result
from webapp.languages import gettext, ngettext
from webapp.web import messages


def tell(result: Result) -> None:
    """Say who was invited or given groups, and name those who were not."""
    if result.invited:
        _tell_invited(result)
    if result.given:
        words = ngettext(
            "%(num)s member was added to the groups.",
            "%(num)s members were added to the groups.",
            len(result.given),
        )
        flash(words, "success")
    messages.tell_refused("invited", result.refused)


def _tell_invited(result: Result) -> None:
    until = formats.exact(result.until) if result.until else ""
    if len(result.invited) == 1:
        email = result.invited[0]
        words = gettext(
            "Invitation sent to %(email)s. It is good until %(time)s.", email=email, time=until
        )
    else:
        words = ngettext(
            "%(num)s person invited. Their link is good until %(time)s.",
            "%(num)s people invited. Their links are good until %(time)s.",
            len(result.invited),
            time=until,
        )
    flash(words, "success")
