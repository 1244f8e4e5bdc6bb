"""The join links of an admin who may not invite any more (rule 15)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select

from webapp.db import db
from webapp.domain import links
from webapp.domain.events import Actor
from webapp.domain.invitations import inviter_handover
from webapp.models import JoinLink, Membership, Role


def count(member: Membership) -> int:
    """How many links need a decision if the member stops being an admin."""
    if member.role != Role.ADMIN:
        return 0
    query = select(func.count()).select_from(JoinLink).where(*_kept(member))
    return int(db.session.scalar(query) or 0)


def settle(member: Membership, choice: str, *, by: Actor) -> None:
    """Revoke the member's links or make the actor their author, with the organization held alone.

    The same choice settles the member's open invitations, those that came by the links as well.
    """
    pass_on(member, to=by if choice == inviter_handover.TAKE_OVER else None, by=by)


def pass_on(member: Membership, *, to: Actor | None, by: Actor | str) -> None:
    """Make that user the author of the member's links, or revoke these if it is nobody."""
    for link in _hold(member):
        if to is not None and to.id is not None:
            link.author_id = to.id
            db.session.flush()
            db.session.expire(link, ["author"])
            links.record(link, "JoinLinkChanged", by, changed="its author")
        else:
            links.end(link, by)


def _hold(member: Membership) -> Sequence[JoinLink]:
    query = select(JoinLink).where(*_kept(member)).order_by(JoinLink.id)
    held = query.with_for_update(of=JoinLink, key_share=True)
    return db.session.scalars(held.execution_options(populate_existing=True)).all()


def _kept(member: Membership) -> tuple[ColumnElement[bool], ...]:
    return (
        JoinLink.organization_id == member.organization_id,
        JoinLink.author_id == member.user_id,
        JoinLink.revoked_at.is_(None),
    )
