"""What the present database tells of the time since a backup: who was shut out, what was ended.

Rows are recognized by id and time of creation, so that another installation's tell nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock
from webapp.db import db
from webapp.domain.accounts import restored
from webapp.domain.accounts.restored import Code
from webapp.domain.errors import Refusal
from webapp.models import (
    ApiKey,
    Application,
    ApplicationGroup,
    BulkImportRow,
    Event,
    Group,
    GroupMember,
    Invitation,
    InvitationState,
    JoinLink,
    Membership,
    OidcClient,
    OidcKey,
    Organization,
    RecoveryCode,
    Suppression,
    User,
    WebhookEndpoint,
    WebhookState,
)

AnyRow = Row[Any]
UNREADABLE = (
    "The present database cannot be read, so nobody knows who was shut out, erased or suppressed "
    "since the backup. Repair it, or bring it up to date (`flask --app wsgi db upgrade`); or add "
    "--ignore-present to restore without it."
)
_USER = (User.id, User.created_at, User.deleted_at, *(getattr(User, n) for n in restored.SIGN_IN))
# Who may enter an application, and where it is.
ENTRY = (
    *("created_at", "paused_at", "host", "home_url"),
    *("for_everyone", "needs_second_factor", "allows_unverified"),
)
# How it is known as a program, and where people and codes are sent.
CLIENT = (
    *("is_public", "secret_digest", "old_secret_digest", "old_secret_until"),
    *("redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri"),
)
ENDED = (InvitationState.REVOKED, InvitationState.DECLINED)
_LINE_IS_ERASED = BulkImportRow.email.not_like("%@%") & BulkImportRow.email_key.is_not(None)
_SUPPRESSION = ("organization_id", "email", "email_key", "reason", "created_at")


@dataclass(frozen=True, slots=True)
class Facts:
    """What was known when the present database was read, by the ids of rows."""

    organizations: Mapping[int, AnyRow]
    users: Mapping[int, AnyRow]
    erased_people: frozenset[int]
    codes: Mapping[int, Sequence[Code]]
    members: Mapping[tuple[int, int], AnyRow]  # by organization and user
    groups: Mapping[int, datetime]  # with the time of creation
    in_groups: frozenset[tuple[int, int]]  # of a group and a user
    revoked_links: Mapping[int, datetime]
    working_keys: frozenset[str]
    working_webhooks: Mapping[int, datetime]
    applications: Mapping[int, AnyRow]
    entering_groups: Mapping[int, frozenset[int]]  # by application
    clients: Mapping[str, AnyRow]  # by client id
    signing_keys: frozenset[str]  # those that are published
    suppressions: Sequence[Mapping[str, Any]]
    ended_invitations: Mapping[int, datetime]  # revoked or declined; with the time of creation
    erased_invitations: Mapping[int, datetime]
    erased_suppressions: frozenset[int]
    erased_lines: frozenset[int]


def read() -> Facts | None:
    """The facts of the database in use; None if it has no tables. Refuses one it cannot read."""
    try:
        return _read() if inspect(db.engine).has_table(Organization.__tablename__) else None
    except SQLAlchemyError:
        db.session.rollback()
        raise Refusal(UNREADABLE) from None


def same_organizations(facts: Facts) -> set[int]:
    """The ids of organizations that the database in use and the facts have in common."""
    rows = db.session.execute(select(Organization.id, Organization.created_at)).all()
    known = facts.organizations
    return {
        row.id for row in rows if row.id in known and known[row.id].created_at == row.created_at
    }


def _read() -> Facts:
    organization = (Organization.id, Organization.created_at, Organization.suspended_at)
    return Facts(
        organizations=_by_id(*organization, Organization.erasure_key),
        users=_by_id(*_USER),
        erased_people=_ids(Event.person_id, Event.name == "PersonErased"),
        codes=codes(),
        members=_members(),
        groups=_made(Group, Group.id.is_not(None)),
        in_groups=in_groups(),
        revoked_links=_made(JoinLink, JoinLink.revoked_at.is_not(None)),
        working_keys=_ids(ApiKey.digest, ApiKey.revoked_at.is_(None)),
        working_webhooks=_made(WebhookEndpoint, WebhookEndpoint.state == WebhookState.ON),
        applications=_by_id(Application.id, *(getattr(Application, name) for name in ENTRY)),
        entering_groups=entering_groups(),
        clients=_clients(),
        signing_keys=_ids(OidcKey.kid, OidcKey.is_published(clock.now())),
        suppressions=_suppressions(),
        ended_invitations=_made(Invitation, Invitation.state.in_(ENDED)),
        erased_invitations=_made(Invitation, Invitation.is_erased),
        erased_suppressions=_ids(Suppression.id, Suppression.email.not_like("%@%")),
        erased_lines=_ids(BulkImportRow.id, _LINE_IS_ERASED),
    )


def _by_id(*columns: Any) -> dict[int, AnyRow]:
    return {row.id: row for row in db.session.execute(select(*columns))}


def _ids(column: Any, which: Any) -> frozenset[Any]:
    return frozenset(db.session.scalars(select(column).where(which)))


def _made(model: Any, which: Any) -> dict[int, datetime]:
    rows = db.session.execute(select(model.id, model.created_at).where(which))
    return {row.id: row.created_at for row in rows}


def in_groups() -> frozenset[tuple[int, int]]:
    """Who is in which group: ids of groups and users."""
    columns = select(GroupMember.group_id, Membership.user_id)
    rows = db.session.execute(columns.join(Membership, Membership.id == GroupMember.membership_id))
    return frozenset((row.group_id, row.user_id) for row in rows)


def entering_groups() -> dict[int, frozenset[int]]:
    """The groups that may enter, by the id of the application."""
    found = defaultdict(set)
    columns = select(ApplicationGroup.application_id, ApplicationGroup.group_id)
    for application_id, group_id in db.session.execute(columns):
        found[application_id].add(group_id)
    return {application_id: frozenset(groups) for application_id, groups in found.items()}


def codes() -> dict[int, list[Code]]:
    """All recovery codes, by the id of their user."""
    found = defaultdict(list)
    columns = select(RecoveryCode.user_id, RecoveryCode.digest, RecoveryCode.used_at)
    for user_id, digest, used_at in db.session.execute(columns.order_by(RecoveryCode.id)):
        found[user_id].append((digest, used_at))
    return found


def _members() -> dict[tuple[int, int], AnyRow]:
    keys = (Membership.organization_id, Membership.user_id)
    columns = (*keys, Membership.role, Membership.status, Membership.ends_at)
    rows: Iterable[AnyRow] = db.session.execute(select(*columns))
    return {(row.organization_id, row.user_id): row for row in rows}


def _clients() -> dict[str, AnyRow]:
    columns = (OidcClient.client_id, *(getattr(OidcClient, name) for name in CLIENT))
    return {row.client_id: row for row in db.session.execute(select(*columns))}


def _suppressions() -> list[Mapping[str, Any]]:
    columns = [getattr(Suppression, name) for name in _SUPPRESSION]
    return [dict(row) for row in db.session.execute(select(*columns)).mappings()]
