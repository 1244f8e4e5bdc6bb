"""What the table shows of invitations that were found, and their order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, Subquery, and_, bindparam, or_, select
from sqlalchemy.orm import joinedload, selectinload

from webapp.domain.invitations.lines import LINE_COLUMNS, Ordering
from webapp.models import Invitation, Membership, Suppression, User


def shown(
    query: Select[Any], entity: type[Invitation], ordering: Ordering, whole: bool
) -> Select[Any]:
    """The first of the rows that a query finds: whole, or with the columns of InvitationLines."""
    most: BindParameter[int] = bindparam("most")
    if whole:
        return query.options(joinedload(entity.inviter), selectinload(entity.groups)).limit(most)
    # The rows first, then the joins: nothing is joined for rows that are not shown.
    names = (*LINE_COLUMNS, "organization_id", "inviter_id")
    columns = [getattr(entity, name) for name in names]
    page = query.with_only_columns(*columns, maintain_column_froms=True).limit(most).subquery()
    return _joined(page).order_by(*order(page.c, ordering))


def _joined(page: Subquery) -> Select[Any]:
    """The columns of InvitationLines, from those of the invitations alone."""
    organization_id, inviter_id = page.c.organization_id, page.c.inviter_id
    by_an_admin = and_(Membership.id.is_not(None), Membership.is_active_admin)
    is_backed = or_(inviter_id.is_(None), by_an_admin)
    return (
        select(*list(page.c)[: len(LINE_COLUMNS)], User.full_name, Suppression.reason, is_backed)
        .select_from(page)
        .outerjoin(User, User.id == inviter_id)
        .outerjoin(
            Membership,
            and_(Membership.organization_id == organization_id, Membership.user_id == inviter_id),
        )
        .outerjoin(
            Suppression,
            and_(
                Suppression.organization_id == organization_id,
                Suppression.email_key == page.c.email_key,
            ),
        )
    )


def order(source: Any, ordering: Ordering) -> list[ColumnElement[Any]]:
    """The columns to sort by."""
    columns = [getattr(source, name) for name in ordering.columns]
    return [column.desc() if ordering.descending else column.asc() for column in columns]
