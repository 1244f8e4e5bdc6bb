"""Closing again, in a restored database, what was closed to people and programs since the backup.

Whoever may enter an application by yesterday's rules might not by today's. So an application that
was deleted, paused or changed since is paused, until an admin has looked at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sqlalchemy import select

from webapp.db import db, transaction
from webapp.domain import applications
from webapp.domain.events import OPERATOR
from webapp.domain.openid import key_upkeep
from webapp.domain.operations import since_backup
from webapp.domain.operations.since_backup import Facts
from webapp.models import Application, OidcClient


def pauses(facts: Facts, same: set[int]) -> Iterator[Callable[[], object]]:
    """The verbs that pause those that were deleted, paused or changed since."""
    groups = since_backup.entering_groups()
    open_still = select(Application).where(
        Application.organization_id.in_(same), Application.paused_at.is_(None)
    )
    for row in db.session.scalars(open_still.order_by(Application.id)).all():
        since = facts.applications.get(row.id)
        is_same = since is not None and all(
            getattr(row, name) == getattr(since, name) for name in since_backup.ENTRY
        )
        if not is_same or groups.get(row.id) != facts.entering_groups.get(row.id):
            yield partial(applications.pause, row.organization, row.slug, by=OPERATOR)


@transaction()
def restore_clients(facts: Facts) -> None:
    """Give programs the secrets and addresses that they have had since the backup."""
    for client in db.session.scalars(select(OidcClient)).all():
        since = facts.clients.get(client.client_id)
        for name in since_backup.CLIENT if since is not None else ():
            setattr(client, name, getattr(since, name))


def withdraw_keys(facts: Facts | None) -> None:
    """Withdraw the keys of id_tokens that were withdrawn since, or might have been."""
    key_upkeep.withdraw(but=facts.signing_keys if facts else frozenset())
