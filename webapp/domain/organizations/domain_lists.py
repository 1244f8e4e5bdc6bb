"""The domains that an organization allows to be invited."""

from __future__ import annotations

from webapp import config
from webapp.domain import addresses
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor, Operator
from webapp.languages import gettext

MOST = 2000  # characters, all domains together


def read(text: str | None, by: Actor) -> tuple[str, ...]:
    """The domains typed, with the actor's own among them (rule 11); raises Refusal."""
    field = "allowed_domains"
    names = addresses.domains(text, field=field)
    if len(" ".join(names)) > MOST:
        raise Refusal(gettext("That is too many domains. Remove some."), field)
    installation = config.current().allowed_invite_domains
    foreign = [name for name in names if installation and name not in installation]
    if foreign:
        raise Refusal(
            gettext(
                "This installation allows only %(domains)s. Remove %(domain)s.",
                domains=", ".join(installation),
                domain=foreign[0],
            ),
            field,
        )
    if names and not isinstance(by, Operator):
        domain = by.email_key.rpartition("@")[2]
        if domain not in names:
            words = gettext(
                "Add your own domain, %(domain)s. Without it you cannot invite.", domain=domain
            )
            raise Refusal(words, field)
    return names
