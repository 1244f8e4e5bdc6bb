"""At which domains an address must be for a request: the installation's, and the organization's."""

from __future__ import annotations

from webapp import config, formats
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal
from webapp.languages import gettext
from webapp.models import Organization


def refuse_other(organization: Organization, address: Address) -> None:
    """Refuse an address that nobody could be invited with (rule 11)."""
    for names in (config.current().allowed_invite_domains, organization.domains):
        if names and address.domain not in names:
            words = gettext(
                "Only addresses at %(domains)s can join. Enter one of those.",
                domains=formats.listed(names, " or "),
            )
            raise Refusal(words, "email")
