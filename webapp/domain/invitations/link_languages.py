"""The language in which the invited person of a link is written to."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import SQLAlchemyError

from webapp.db import rows
from webapp.domain.errors import NotFound
from webapp.domain.invitations import links
from webapp.models import Invitation, Organization

_LANGUAGE = (
    select(func.coalesce(Invitation.language, Organization.language))
    .join(Organization, Organization.id == Invitation.organization_id)
    .where(
        Invitation.id == bindparam("row"), Invitation.organization_id == bindparam("organization")
    )
)


def of(token: str) -> str | None:
    """The invitation's language, else its organization's; None if nobody chose one.

    Also None if it is no link of ours, or the database is away: the page that says so asks here.
    """
    with suppress(NotFound, SQLAlchemyError):
        return _chosen(links.read(token))
    return None


def _chosen(link: links.Link) -> str | None:
    values = {"row": link.invitation_id, "organization": link.organization_id}
    return rows(_LANGUAGE, values).scalar()
