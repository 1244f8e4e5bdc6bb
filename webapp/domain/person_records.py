"""Everything that is kept about one address in all organizations, for the operator."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_, select

from webapp import clock
from webapp.db import Model, db, transaction
from webapp.domain import addresses, events, people, person_erasures
from webapp.domain.errors import NotFound
from webapp.domain.events import OPERATOR
from webapp.models import (
    ApiKey,
    BulkImport,
    BulkImportRow,
    Delivery,
    DeliveryAttempt,
    Event,
    Invitation,
    Membership,
    Organization,
    Session,
    Suppression,
    User,
)


@transaction()
def export(email: str) -> dict[str, Any]:
    """What is kept, ready for JSON; times are RFC 3339 in UTC. Raises NotFound when nothing is.

    No password, token, key or digest of one is among it. On record in every organization concerned.
    """
    key = addresses.parse(email).key
    user = people.by_key(key)
    concerned = person_erasures.places(key, user)
    kept = {**_of_account(user), **_of_address(key, user)}
    if not any(kept.values()):
        raise NotFound(f"Nothing is kept about {email}.")
    what, user_id = "a copy of all that is kept about a person", user.id if user else None
    trails: list[Organization | None] = [*concerned] or [None]
    for trail in trails:
        events.record(trail, "DataExported", by=OPERATOR, user_id=user_id, what=what)
    slugs = {one.id: one.slug for one in concerned}
    for rows in kept.values():
        for row in rows:
            if "organization_id" in row:
                row["organization"] = slugs.get(row.pop("organization_id"))
    return {"address": email, "exported_at": clock.now().isoformat(), **kept}


def _of_account(user: User | None) -> dict[str, list[dict[str, Any]]]:
    if user is None:
        return {"account": [], "memberships": [], "sessions": [], "api_keys_made": []}
    return {
        "account": [
            _columns(user, "id email username full_name created_at verified_at totp_since")
        ],
        "memberships": _rows(
            Membership,
            "organization_id role status joined_at last_seen_at",
            Membership.user_id == user.id,
        ),
        "sessions": _rows(
            Session,
            "organization_id created_at last_used_at expires_at revoked_at address device",
            Session.user_id == user.id,
        ),
        "api_keys_made": _rows(
            ApiKey,
            "organization_id name scopes created_at expires_at last_used_at revoked_at",
            ApiKey.maker_id == user.id,
        ),
    }


def _of_address(key: str, user: User | None) -> dict[str, list[dict[str, Any]]]:
    invited = select(Invitation.id).where(Invitation.email_key == key)
    mailed: ColumnElement[bool] = Delivery.invitation_id.in_(invited)
    theirs: ColumnElement[bool] = Event.email_key == key
    if user is not None:
        mailed = or_(mailed, Delivery.user_id == user.id)
        theirs = or_(theirs, Event.person_id == user.id, Event.actor_id == user.id)
    mails = select(Delivery.id).where(mailed)
    what_happened = "id organization_id name at actor invitation_id data"
    happened = _rows(Event, what_happened, theirs)
    made = [one for one in happened if one["name"].startswith("Webhook")]
    return {
        "invitations": _rows(
            Invitation,
            "id organization_id email role name message state created_at expires_at opened_at "
            "ended_at decline_reason",
            Invitation.email_key == key,
        ),
        "mails": _rows(
            Delivery,
            "id organization_id invitation_id kind recipient message_id state created_at "
            "settled_at words",
            mailed,
        ),
        "tries_at_mails": _rows(
            DeliveryAttempt,
            "delivery_id number at result words",
            DeliveryAttempt.delivery_id.in_(mails),
        ),
        "suppressions": _rows(
            Suppression, "organization_id email reason created_at", Suppression.email_key == key
        ),
        "lines_of_lists": [
            _columns(row, "number email role name message kind reason")
            | {"organization_id": organization_id}
            for row, organization_id in db.session.execute(
                select(BulkImportRow, BulkImport.organization_id)
                .join(BulkImport, BulkImport.id == BulkImportRow.import_id)
                .where(BulkImportRow.email_key == key)
                .order_by(BulkImportRow.id)
            )
        ],
        "webhooks_made_or_changed": [dict(one) for one in made],
        "events": happened,
    }


def _rows(model: type[Model], names: str, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    rows = db.session.scalars(select(model).where(which).order_by(model.id))  # type: ignore[attr-defined]
    return [_columns(row, names) for row in rows]


def _columns(row: object, names: str) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names.split()}
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in values.items()
    }
