"""Keys for programs: each acts as the member who made it, and may never do more (rule 15)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import joinedload

from webapp import clock, signing
from webapp.db import db, transaction
from webapp.domain import events, organizations, tenant, texts
from webapp.domain.accounts import people
from webapp.domain.accounts.scopes import SCOPES as SCOPES
from webapp.domain.errors import Objections, Refusal
from webapp.domain.events import Actor
from webapp.domain.organizations import permissions
from webapp.languages import gettext
from webapp.models import ApiKey, Membership, Organization, User

MARK = "ghk_"  # how every key begins, so that code scanners find a leaked one
SHOWN = 10  # letters of a key that its list shows
PER_ORGANIZATION = 100
TERMS = (30, 90, 365)  # days
USED_EVERY = timedelta(minutes=5)


def create(
    organization: Organization, *, by: User, name: str, scopes: Sequence[str], days: int | None
) -> tuple[ApiKey, str]:
    """Create a key and return it with its secret, of which only the SHA-256 is stored.

    256 random bits need no slow hash. Without `days` the key never ends. Refused when the account
    was taken over since `by` was read: its occupier's keys have just ended (rule 10).
    """
    return _create(organization, by, by.password_hash, name, scopes, days)


@transaction()
def _create(
    organization: Organization,
    by: User,
    known_hash: str,
    name: str,
    scopes: Sequence[str],
    days: int | None,
) -> tuple[ApiKey, str]:
    organizations.lock(organization)
    permissions.require(organization, by, "settings:write")
    if not people.still_has(by.id, known_hash):
        raise Refusal(gettext("Your password has just been changed. Sign in with the new one."))
    name, scopes = _checked(name, scopes, days)
    _refuse_too_many(organization)
    secret = MARK + secrets.token_urlsafe(32)
    now = clock.now()
    key = ApiKey(
        organization_id=organization.id,
        maker_id=by.id,
        name=name,
        scopes=" ".join(scopes),
        prefix=secret[:SHOWN],
        digest=signing.digest(secret),
        created_at=now,
        expires_at=now + timedelta(days=days) if days else None,
    )
    db.session.add(key)
    events.record(organization, "ApiKeyCreated", by=by, key=name, scopes=", ".join(scopes))
    return key, secret


@transaction()
def revoke(organization: Organization, key_id: int, *, by: User) -> ApiKey:
    """End the key at once; revoking a revoked one is no error."""
    organizations.lock(organization)
    permissions.require(organization, by, "settings:write")
    key = tenant.get(organization, ApiKey, key_id, lock="update")
    if key.revoked_at is None:
        _end(key, by)
    return key


def end_of(membership: Membership, *, by: Actor | str) -> None:
    """End the keys that the member has made here, in the present transaction (rule 15)."""
    _end_each(_working(membership.user_id, membership.organization_id), by)


def end_occupiers(user: User) -> None:
    """End the keys made before anybody proved to hold the account's mailbox (rule 10).

    In the transaction that hands the account over: its occupier still has these keys.
    """
    if user.confined_to_id is not None:
        _end_each(_working(user.id, user.confined_to_id), user)


def find(secret: str) -> ApiKey | None:
    """The key of a secret, with its organization and maker; None when ended or unknown."""
    if not secret.startswith(MARK):
        return None
    key = db.session.scalar(_with_owners().where(ApiKey.digest == signing.digest(secret)))
    return key if key is not None and key.state(clock.now()) == "active" else None


def get(organization: Organization, key_id: int) -> ApiKey:
    """The organization's key of that id; raises NotFound, also for a foreign one."""
    return tenant.get(organization, ApiKey, key_id, load=[ApiKey.organization, ApiKey.maker])


def of(organization: Organization) -> list[tuple[ApiKey, str | None]]:
    """The keys with their makers' present roles: working ones first, then the newest first."""
    rows = db.session.execute(
        _with_owners()
        .add_columns(Membership.role)
        .outerjoin(
            Membership,
            (Membership.organization_id == ApiKey.organization_id)
            & (Membership.user_id == ApiKey.maker_id)
            & Membership.has_access,
        )
        .where(ApiKey.organization_id == organization.id)
        .order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())
        .limit(2 * PER_ORGANIZATION)
    )
    return [(key, role) for key, role in rows]


def is_due(key: ApiKey) -> bool:
    """Whether the key's last use was noted long enough ago."""
    return key.last_used_at is None or key.last_used_at < clock.now() - USED_EVERY


@transaction()
def used(key_id: int) -> None:
    """Note that the key was used just now."""
    db.session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=clock.now()))


def _with_owners() -> Select[ApiKey]:
    return select(ApiKey).options(joinedload(ApiKey.organization), joinedload(ApiKey.maker))


def _working(user_id: int, organization_id: int) -> Select[ApiKey]:
    return select(ApiKey).where(
        ApiKey.organization_id == organization_id,
        ApiKey.maker_id == user_id,
        ApiKey.revoked_at.is_(None),
    )


def _end_each(keys: Select[ApiKey], by: Actor | str) -> None:
    for key in db.session.scalars(keys.order_by(ApiKey.id).with_for_update()):
        _end(key, by)


def _end(key: ApiKey, by: Actor | str) -> None:
    key.revoked_at = clock.now()
    events.record(key.organization_id, "ApiKeyRevoked", by=by, key=key.name)


def _checked(name: str, scopes: Sequence[str], days: int | None) -> tuple[str, list[str]]:
    wrong = Objections()
    key_name = None
    with wrong:
        key_name = texts.one_line(name, field="name", label=gettext("The name"), most=100)
        if key_name is None:
            words = gettext("Enter a name, so that you know which program uses this key.")
            raise Refusal(words, "name")
    with wrong:
        if not scopes or not set(scopes) <= set(SCOPES):
            raise Refusal(gettext("Choose at least one permission."), "scopes")
    with wrong:
        if days is not None and days not in TERMS:
            raise Refusal(gettext("Choose when the key expires."), "days")
    wrong.settle()
    return key_name or "", [scope for scope in SCOPES if scope in scopes]


def _refuse_too_many(organization: Organization) -> None:
    keys = select(func.count()).select_from(ApiKey)
    working = keys.where(ApiKey.organization_id == organization.id, ApiKey.revoked_at.is_(None))
    if (db.session.scalar(working) or 0) >= PER_ORGANIZATION:
        words = gettext(
            "You already have %(most)s keys, the most allowed. Revoke one first.",
            most=PER_ORGANIZATION,
        )
        raise Refusal(words)
