"""The language in which the invited person of a link is written to."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from webapp.db import db
from webapp.domain.errors import NotFound
from webapp.domain.invitations import links
from webapp.models import Invitation, Organization


def of(token: str) -> str | None:
    """The invitation's language, else its organization's; None if nobody chose one.

    Also None if it is no link of ours, or the database is away: the page that says so asks here.
    """
    with suppress(NotFound, SQLAlchemyError):
        return _chosen(links.read(token))
    return None


def _chosen(link: links.Link) -> str | None:
    language = func.coalesce(Invitation.language, Organization.language)
    return db.session.scalar(
        select(language)
        .join(Organization, Organization.id == Invitation.organization_id)
        .where(
            Invitation.id == link.invitation_id, Invitation.organization_id == link.organization_id
        )
    )
