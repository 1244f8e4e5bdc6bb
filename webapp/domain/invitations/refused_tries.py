"""Why an invitation's form was refused: reasons and counts, nothing that was typed.

The reasons are coarse on purpose. Whether an address has an account elsewhere is nobody's business
(rule 16), so a new password that is too weak and an account's wrong one look the same here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock
from webapp.db import db, transaction
from webapp.domain.errors import NotFound, Refusal, Refusals
from webapp.domain.invitations import link_status
from webapp.domain.invitations.link_status import Gone
from webapp.models import Invitation, RefusedTry
from webapp.upserts import upsert

# By the refused field; everything else is OTHER.
FIELDS = {
    "full_name": "name",
    "username": "username",
    "password": "password",
    "code": "password",
}
ENDED, OTHER = "ended", "other"
REASONS = (*dict.fromkeys(FIELDS.values()), ENDED, OTHER)

log = logging.getLogger("gatehouse.web")


@contextmanager
def noted(token: str) -> Iterator[None]:
    """Write down why the form of this link was refused, if it was; raises the refusal again."""
    try:
        yield
    except Refusal as refusal:
        try:
            _note(token, reasons_of(refusal))
        except NotFound:
            pass  # not a link of ours: there is no invitation to write it down for
        except SQLAlchemyError as error:
            log.warning("a refused try was not written down: %s", type(error).__name__)
        raise


def of(invitation: Invitation) -> Sequence[RefusedTry]:
    """The reasons of an invitation, the newest first; few, for there is one row for each."""
    return db.session.scalars(
        select(RefusedTry)
        .where(RefusedTry.invitation_id == invitation.id)
        .order_by(RefusedTry.last_at.desc(), RefusedTry.reason)
    ).all()


def reasons_of(refusal: Refusal) -> list[str]:
    """The reasons to write down for a refusal."""
    if isinstance(refusal, Gone):
        return [ENDED]
    refusals = refusal.refusals if isinstance(refusal, Refusals) else [refusal]
    return list(dict.fromkeys(FIELDS.get(each.field or "", OTHER) for each in refusals))


@transaction()
def _note(token: str, reasons: Sequence[str]) -> None:
    invitation = link_status.look(token).invitation
    now = clock.now()
    for reason in sorted(reasons):  # in one order, so that two at once never deadlock
        row = {"invitation_id": invitation.id, "reason": reason, "n": 1, "last_at": now}
        upsert(RefusedTry, row, on=["invitation_id", "reason"], add=["n"], update=["last_at"])
