"""The mail about waiting requests: how many, and where; none of the words that anybody typed."""

from __future__ import annotations

from webapp import config, formats, languages
from webapp.domain import letters
from webapp.domain.letters import facts as letter_facts
from webapp.domain.letters import templates
from webapp.domain.letters.facts import Facts
from webapp.domain.mail import composing, kinds
from webapp.domain.mail.composing import Composed, Drop
from webapp.domain.mail.kinds import Share
from webapp.domain.organizations import permissions
from webapp.domain.requests import table
from webapp.domain.requests.table import Reader
from webapp.languages import marked, ngettext
from webapp.models import Delivery

KIND = "requests"
# Strangers can cause these: counted on their own, so that they use up no other mail's share.
SHARE = Share("request notice", 24)
ANSWERED = marked("Everything was answered before it was sent.")


@kinds.composes(KIND, cause="somebody makes a request", share=SHARE)
def _compose(delivery: Delivery) -> Composed:
    organization, user = composing.organization(delivery), composing.account(delivery)
    role = permissions.role_of(organization.id, user.id, hold=False)
    number = table.count(Reader(organization, user, role)) if role is not None else 0
    if not number:
        return Drop(ANSWERED)
    with languages.written_in(user.language, organization.language):
        values = {
            "invitee": letter_facts.name_of(user),
            "organization": organization.name,
            "email": user.email,
            "number": ngettext(
                "%(n)s request waits for your answer.",
                "%(n)s requests wait for your answer.",
                number,
                n=formats.number(number),
            ),
            "link": f"{config.current().public_url}/orgs/{organization.slug}/requests",
        }
        facts = Facts(KIND, organization.name, values, color=organization.color)
        return letters.letter(delivery, templates.built_in(KIND), facts)
