"""The links of invitations: signed, current or superseded, mailed or copied."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from webapp import config, signing
from webapp.domain.errors import NotFound
from webapp.languages import gettext
from webapp.models import Invitation

PURPOSE = "invitation link"
MAILED, COPIED = "m", "c"
TOKEN = re.compile(r"token=[\w.~%=-]+")  # a token quoted in any text
CUT = "-"  # before the digest of a link that a restore ended
REMEMBERED = 200  # digests of earlier links kept per invitation


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says about itself, which our signature vouches for."""

    invitation_id: int
    organization_id: int
    secret: bytes
    mailed: bool


def new_secret() -> bytes:
    """32 random bytes from the operating system, for one link."""
    return secrets.token_bytes(32)


def token(invitation: Invitation, how: str) -> str:
    """The signed token of the invitation's current link; `how` is MAILED or COPIED (rule 10)."""
    secret = base64.urlsafe_b64encode(invitation.secret).rstrip(b"=").decode("ascii")
    return signing.sign(PURPOSE, [invitation.id, invitation.organization_id, secret, how])


def address(invitation: Invitation, how: str) -> str:
    """The whole link, built from PUBLIC_URL."""
    return f"{config.current().public_url}/register?token={token(invitation, how)}"


def read(text: str) -> Link:
    """The link of a token; raises NotFound if it is not ours, without asking the database."""
    try:
        invitation_id, organization_id, secret, how = signing.read(PURPOSE, signing.pasted(text))
        raw = base64.urlsafe_b64decode(secret + "=")
    except (signing.BadSignature, ValueError, TypeError, binascii.Error):
        raise _not_ours() from None
    ids = (invitation_id, organization_id)
    if not all(type(number) is int and 0 < number < 2**63 for number in ids):
        raise _not_ours()
    return Link(invitation_id, organization_id, raw, how == MAILED)


def is_current(link: Link, invitation: Invitation) -> bool:
    """Whether this is the invitation's newest link."""
    return hmac.compare_digest(link.secret, invitation.secret)


def is_earlier(link: Link, invitation: Invitation) -> bool:
    """Whether the invitation once had this link; a signature by a stolen key is not enough."""
    return _digest(link.secret) in invitation.earlier_links.replace(CUT, "").split()


def was_cut(link: Link, invitation: Invitation) -> bool:
    """Whether a restore has ended the link, and nobody has sent another since (rule M6)."""
    earlier = invitation.earlier_links.split()
    return f"{CUT}{_digest(link.secret)}" in earlier and earlier[-1].startswith(CUT)


def renew(invitation: Invitation) -> None:
    """Give the invitation a new link; the earlier one is superseded."""
    _replace(invitation, [*invitation.earlier_links.split(), _digest(invitation.secret)])


def cut(invitation: Invitation) -> None:
    """End all links of the invitation, so that only an admin can have another sent (rule M6)."""
    ended = [*invitation.earlier_links.replace(CUT, "").split(), _digest(invitation.secret)]
    _replace(invitation, [f"{CUT}{digest}" for digest in ended])


def _replace(invitation: Invitation, earlier: list[str]) -> None:
    invitation.earlier_links = " ".join(earlier[-REMEMBERED:])
    invitation.secret = new_secret()
    invitation.link_number += 1


def _not_ours() -> NotFound:
    return NotFound(gettext("This link does not work. Check that you copied all of it."))


def _digest(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()[:32]
