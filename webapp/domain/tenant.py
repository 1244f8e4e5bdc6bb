"""An organization's rows by id: another organization's row is as unknown as a missing one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, TypeVar

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from webapp.db import Model, db
from webapp.domain.errors import NotFound
from webapp.languages import gettext
from webapp.languages import marked as _
from webapp.models import (
    AccessReview,
    ApiKey,
    BulkImport,
    Delivery,
    Invitation,
    JoinLink,
    Membership,
    Organization,
    Request,
    ReviewLine,
    WebhookDelivery,
    WebhookEndpoint,
)

Row = TypeVar("Row", bound=Model)
# `update` blocks everybody who locks the row; `no key update` admits those who only refer to it,
# such as a new row with a foreign key.
Lock = Literal["update", "no key update"]

# What is said of a row that is not found.
UNKNOWN: dict[type[Model], str] = {
    AccessReview: _("There is no such review in this organization."),
    ApiKey: _("There is no such API key in this organization."),
    BulkImport: _("There is no such import in this organization."),
    Delivery: _("There is no such mail in this organization."),
    Invitation: _("There is no such invitation in this organization."),
    ReviewLine: _("There is no such member in this review."),
    JoinLink: _("There is no such join link in this organization."),
    Membership: _("There is no such member in this organization."),
    Request: _("There is no such request in this organization."),
    WebhookDelivery: _("There is no such delivery in this organization."),
    WebhookEndpoint: _("There is no such webhook in this organization."),
}


def get(
    organization: Organization,
    model: type[Row],
    row_id: int,
    *,
    load: Sequence[Any] = (),
    lock: Lock | None = None,
) -> Row:
    """The organization's row of that id; raises NotFound, also for another organization's."""
    row = find(organization.id, model, row_id, load=load, lock=lock)
    if row is None:
        raise unknown(model)
    return row


def find(
    organization_id: int,
    model: type[Row],
    row_id: int,
    *,
    load: Sequence[Any] = (),
    lock: Lock | None = None,
) -> Row | None:
    """The same, or None: for links, which have a message of their own.

    `load` names relationships to read with the row. With `lock` the row is read afresh and locked
    until the present transaction ends.
    """
    values = {"organization": organization_id, "row": row_id}
    row: Row | None = db.session.scalar(_query(model, tuple(load), lock), values)
    return row


def unknown(model: type[Model]) -> NotFound:
    """The error for a row that the organization does not have."""
    return NotFound(gettext(UNKNOWN[model]))


@lru_cache
def _query(model: Any, load: tuple[Any, ...], lock: Lock | None) -> Select[Any]:
    query = (
        select(model)
        .options(*(joinedload(relationship) for relationship in load))
        .where(model.id == bindparam("row"), model.organization_id == bindparam("organization"))
    )
    if lock is None:
        return query
    # Of this row alone: what is loaded with it is not locked.
    locking = query.with_for_update(of=model, key_share=lock == "no key update")
    return locking.execution_options(populate_existing=True)
