"""What a page of a link reads, in one statement."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased, joinedload

from webapp.db import db
from webapp.domain.invitations.links import Link
from webapp.models import Invitation, User

_ACCOUNT = aliased(User)
_OPENING = (
    select(Invitation, _ACCOUNT, Invitation.is_backed())
    .outerjoin(_ACCOUNT, _ACCOUNT.email_key == Invitation.email_key)
    .options(joinedload(Invitation.organization), joinedload(Invitation.inviter))
    .where(
        Invitation.id == bindparam("row"), Invitation.organization_id == bindparam("organization")
    )
    # Whatever the request has read before, this is the answer of one moment.
    .execution_options(populate_existing=True)
)


class Found(NamedTuple):
    """The invitation of a link, the account of its address, and whether its inviter is an admin."""

    invitation: Invitation
    account: User | None
    is_backed: bool


def find(link: Link) -> Found | None:
    """What the link belongs to, all of one moment: a reader takes it as final."""
    values = {"row": link.invitation_id, "organization": link.organization_id}
    row = db.session.execute(_OPENING, values).first()
    return Found(*row) if row is not None else None
