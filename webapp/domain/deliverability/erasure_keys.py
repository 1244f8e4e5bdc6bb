"""The keys of the pseudonyms by which organizations recognize erased addresses, as suppressions do.

Each is 32 random bytes, made with the first erasure and stored encrypted under SECRET_KEY. Only
with the database and SECRET_KEY can anybody compare an address with a pseudonym.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from sqlalchemy import select

from webapp import config, encryption
from webapp.db import db, transaction
from webapp.domain import erased_values, upkeep
from webapp.models import Organization


def of(organization: Organization) -> bytes:
    """The key of an organization that is locked alone; made when there is none.

    A key that none of our SECRET_KEYs opens is replaced: earlier erasures are then not recognized.
    """
    key = _opened(organization)
    if key is None:
        key = secrets.token_bytes(32)
        organization.erasure_key = encryption.encrypt(_purpose(organization.id), key.hex())
    return key


def with_pseudonyms(organization_id: int, email_keys: Iterable[str]) -> dict[str, str]:
    """The keys of these addresses, by themselves and by their pseudonyms."""
    by_stored = {email_key: email_key for email_key in email_keys}
    organization = db.session.get_one(Organization, organization_id)
    key = _opened(organization)
    if key is None:
        return by_stored
    pseudonyms = {
        erased_values.in_place_of(erased_values.pseudonym(key, email_key), email_key): email_key
        for email_key in by_stored
    }
    return by_stored | pseudonyms


@upkeep.renews
def renew() -> None:
    """Encrypt the keys with the current SECRET_KEY, while an earlier one is still configured."""
    if config.current().secret_key_fallbacks:
        for organization_id in db.session.scalars(
            select(Organization.id).where(Organization.erasure_key.is_not(None))
        ).all():
            _renew(organization_id)


@transaction()
def _renew(organization_id: int) -> None:
    organization = db.session.get_one(
        Organization, organization_id, with_for_update={"key_share": True}, populate_existing=True
    )
    sealed = organization.erasure_key
    if sealed and _opened(organization):
        organization.erasure_key = encryption.reencrypt(_purpose(organization_id), sealed)


def _opened(organization: Organization) -> bytes | None:
    sealed = organization.erasure_key
    return encryption.stored_key(_purpose(organization.id), sealed) if sealed else None


def _purpose(organization_id: int) -> str:
    return f"erased addresses of {organization_id}"
