"""What became of the people in the invite form."""

from __future__ import annotations

from flask import flash

from webapp import formats
from webapp.domain.imports.several import Result
from webapp.languages import gettext, ngettext
from webapp.web import messages


def tell(result: Result) -> None:
    """Say who was invited or given groups, whom another admin decides about, who was refused."""
    if result.asked:
        flash(_asked(result.asked), "success")
    if result.invited:
        flash(_invited(result), "success")
    if result.given:
        words = ngettext(
            "%(num)s member was added to the groups.",
            "%(num)s members were added to the groups.",
            len(result.given),
        )
        flash(words, "success")
    messages.tell_refused("invited", result.refused)


def _asked(emails: list[str]) -> str:
    if len(emails) == 1:
        return gettext(
            "Another admin has to agree before %(email)s is invited as an admin. They have been "
            "asked.",
            email=emails[0],
        )
    return ngettext(
        "Another admin has to agree before %(num)s person is invited as an admin. They have been "
        "asked.",
        "Another admin has to agree before %(num)s people are invited as admins. They have been "
        "asked.",
        len(emails),
    )


def _invited(result: Result) -> str:
    until = formats.exact(result.until) if result.until else ""
    if len(result.invited) == 1:
        email = result.invited[0]
        return gettext(
            "Invitation sent to %(email)s. It is good until %(time)s.", email=email, time=until
        )
    return ngettext(
        "%(num)s person invited. Their link is good until %(time)s.",
        "%(num)s people invited. Their links are good until %(time)s.",
        len(result.invited),
        time=until,
    )
