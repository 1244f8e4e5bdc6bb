"""What a visit of a program is worth now: all that tokens depend on, in one read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Executable, Row, bindparam

from webapp import clock, committed_rows
from webapp.db import rows
from webapp.domain.accounts.session_lifetimes import is_live
from webapp.domain.applications import entry
from webapp.domain.openid import keys, subjects
from webapp.domain.openid.credentials import Owner
from webapp.models import Application, OidcKey, OidcVisit, Session, User

_FACTS = (
    OidcVisit.redirect_uri,
    OidcVisit.scope,
    OidcVisit.nonce,
    OidcVisit.sid,
    OidcVisit.code_challenge,
    OidcVisit.signed_in_at,
    OidcVisit.created_at,
    OidcVisit.used_at,
    OidcVisit.ends_at,
    OidcVisit.ended_at,
    OidcVisit.access_until,
    Session.revoked_at,
    Session.expires_at,
    Session.last_used_at,
)


def _facts(*more: Any) -> Any:
    return subjects.joined(
        entry.facts(*_FACTS, *subjects.PERSON, *more)
        .join(OidcVisit, OidcVisit.application_id == Application.id)
        .join(Session, Session.id == OidcVisit.session_id)
        .where(User.id == OidcVisit.user_id)
    )


# The client's own, with the key that signs what it will be told. Built once.
_MINE = (
    _facts(*keys.SIGNING)
    .outerjoin(OidcKey, keys.IS_SIGNING)
    .where(
        OidcVisit.organization_id == bindparam("organization"),
        OidcVisit.application_id == bindparam("application"),
    )
)
_OF_CODE = _MINE.where(OidcVisit.code_digest == bindparam("digest"))
_OF_FAMILY = _MINE.where(OidcVisit.family_digest == bindparam("digest"))
_OF_ACCESS = _facts().where(OidcVisit.access_digest == bindparam("digest"))


def of_code(owner: Owner, code_digest: str) -> Row[Any] | None:
    """The client's visit that this code began, as the present transaction finds it."""
    return _mine(_OF_CODE, owner, code_digest)


def of_family(owner: Owner, family_digest: str) -> Row[Any] | None:
    """The client's visit with this family of refresh tokens, in the same way."""
    return _mine(_OF_FAMILY, owner, family_digest)


def of_access(access_digest: str) -> Row[Any] | None:
    """The visit with this access token, as it is committed; read beside the session."""
    return committed_rows.one(_OF_ACCESS, {"digest": access_digest})


def is_over(visit: Row[Any]) -> bool:
    """Whether the visit, its session or the person's access has ended."""
    if visit.ended_at is not None or visit.ends_at <= clock.now() or not is_live(visit):
        return True
    return entry.barrier(visit) is not None


def _mine(statement: Executable, owner: Owner, found_by: str) -> Row[Any] | None:
    values = {
        "organization": owner.organization_id,
        "application": owner.application_id,
        "digest": found_by,
        "now": clock.now(),
    }
    return rows(statement, values).one_or_none()
