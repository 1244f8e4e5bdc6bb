"""The codes of join links: 60 random bits in twelve letters that nobody mistakes for others."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata

from sqlalchemy import select

from webapp import config, encryption
from webapp.db import db, transaction
from webapp.domain import tenant, upkeep
from webapp.models import JoinLink

PURPOSE = "join link"
# No I and no O, no 1 and no 0: what they look like is read instead.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LENGTH = 12
_READ_AS = str.maketrans("IO10", "LQLQ")
_BETWEEN = re.compile(r"[\s\W_]+")
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_LONGEST = 100  # of what is typed


def make() -> str:
    """A new code, from the operating system's random numbers."""
    return written("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def written(plain: str) -> str:
    """The code as people read it, like ABCD-EFGH-JKLM."""
    return "-".join(plain[at : at + 4] for at in range(0, LENGTH, 4))


def read(typed: str | None) -> str | None:
    """The code that somebody typed, whatever its case, its hyphens and spaces; None if it is none.

    Letters and digits that no code has are read as those that they look like.
    """
    text = unicodedata.normalize("NFKC", (typed or "")[:_LONGEST]).upper()
    plain = _BETWEEN.sub("", text).translate(_READ_AS)
    return written(plain) if _CODE.fullmatch(plain) else None


def digest(code: str) -> str:
    """What a link is found by: its code is not in the database in clear."""
    return hashlib.sha256(code.encode("ascii")).hexdigest()


def sealed(code: str) -> str:
    """The code encrypted, so that it can be shown again."""
    return encryption.encrypt(PURPOSE, code)


def shown(link: JoinLink) -> str | None:
    """The link's code; None if the key that encrypted it is gone. The link works all the same."""
    try:
        return encryption.decrypt(PURPOSE, link.code_secret)
    except encryption.DecryptionError:
        return None


def address(code: str) -> str:
    """The whole link, built from PUBLIC_URL."""
    return f"{config.current().public_url}/join/{code}"


def typed_at() -> str:
    """Where codes are typed by hand."""
    return f"{config.current().public_url}/join"


@upkeep.renews
def renew_keys() -> int:
    """Encrypt the codes with the present SECRET_KEY, while an earlier one is known."""
    if not config.current().secret_key_fallbacks:
        return 0
    ids = select(JoinLink.organization_id, JoinLink.id).order_by(JoinLink.id)
    return sum(_renew(*of) for of in db.session.execute(ids).all())


@transaction()
def _renew(organization_id: int, link_id: int) -> bool:
    link = tenant.find(organization_id, JoinLink, link_id, lock="no key update")
    if link is None:
        return False
    try:
        link.code_secret = encryption.reencrypt(PURPOSE, link.code_secret)
    except encryption.DecryptionError:
        return False
    return True
