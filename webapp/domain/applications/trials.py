"""What would happen if a member opened an application now, without doing it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, selectinload

from webapp.db import db
from webapp.domain import addresses
from webapp.domain.applications import entry
from webapp.domain.applications.entry import Barrier
from webapp.domain.errors import Refusal
from webapp.languages import gettext
from webapp.models import Application, Membership, User


class Trial(NamedTuple):
    """Who is tried, and what keeps them out."""

    member: Membership
    barrier: Barrier | None


def of(application: Application, email: str) -> Trial:
    """Try it as the member with that address; refuses an address of nobody here.

    Whether somebody else has an account in this installation is not told.
    """
    address = addresses.parse(email)
    member = db.session.scalar(
        select(Membership)
        .join(Membership.user)
        .options(contains_eager(Membership.user), selectinload(Membership.groups))
        .where(
            Membership.organization_id == application.organization_id,
            User.email_key == address.key,
        )
    )
    if member is None:
        words = gettext("%(email)s is not a member. Invite them first.", email=address.shown)
        raise Refusal(words, "email")
    return Trial(member, entry.what_bars(application, member.user))
