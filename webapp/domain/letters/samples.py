"""Made-up facts, for previews and tests of a text."""

from __future__ import annotations

from datetime import timedelta

from webapp import clock
from webapp.domain.letters import facts, placeholders
from webapp.domain.letters.facts import Facts
from webapp.languages import gettext
from webapp.models import Organization, User

SAMPLE_LINK = "https://gatehouse.example/this-link-is-made-up"


def sample(organization: Organization, kind: str, by: User, *, is_own: bool) -> Facts:
    """Made-up facts, with the real organization and admin.

    `is_own` tells whether the text is the organization's own: the built-in text of a password
    reset speaks for the whole installation.
    """
    name, email = "Bo Lind", "bo@example.org"
    expires = clock.now() + timedelta(days=7)
    if kind == "reset":
        sender = organization if is_own else None
        return facts.reset(sender, name, email, SAMPLE_LINK, clock.now() + timedelta(hours=1))
    if kind == "welcome":
        welcome = facts.welcomed(organization, name, email, "contributor")
        welcome.values[placeholders.LINK] = SAMPLE_LINK
        return welcome
    return facts.invited(
        kind,
        organization,
        by,
        invitee=name,
        email=email,
        role="contributor",
        message=gettext("We would be glad to have you.\nCome and look around."),
        link=SAMPLE_LINK,
        unsubscribe_link=SAMPLE_LINK,
        expires=expires,
    )
