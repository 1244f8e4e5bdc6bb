"""What a visit of a program is worth now: all that tokens depend on, in one read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam

from webapp import clock
from webapp.domain.accounts.session_lifetimes import is_live
from webapp.domain.applications import entry
from webapp.domain.openid import credentials, keys, subjects
from webapp.domain.openid.credentials import Credentials
from webapp.models import Application, OidcClient, OidcKey, OidcVisit, Session, User
from webapp.prepared_statements import PreparedRead
from webapp.signing import digest

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
    OidcVisit.refresh_digest,
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


# The program's own, with the key that signs what it will be told. Built once.
_MINE = (
    _facts(*credentials.PROGRAM, *keys.SIGNING)
    .join(OidcClient, OidcClient.application_id == Application.id)
    .outerjoin(OidcKey, keys.IS_SIGNING)
    .where(credentials.IS_NAMED)
)
_OF_CODE = PreparedRead(_MINE.where(OidcVisit.code_digest == bindparam("digest")))
_OF_FAMILY = PreparedRead(_MINE.where(OidcVisit.family_digest == bindparam("digest")))
_OF_ACCESS = PreparedRead(_facts().where(OidcVisit.access_digest == bindparam("digest")))


def of_code(program: Credentials, code: str) -> Row[Any] | None:
    """The program's visit that this code began; raises Fault if it is not the program."""
    return _mine(_OF_CODE, program, code)


def of_family(program: Credentials, family: str) -> Row[Any] | None:
    """The program's visit with this family of refresh tokens, in the same way."""
    return _mine(_OF_FAMILY, program, family)


def of_access(token: str) -> Row[Any] | None:
    """The visit with this access token."""
    visit: Row[Any] | None = _OF_ACCESS.one(digest=digest(token))
    return visit


def is_over(visit: Row[Any]) -> bool:
    """Whether the visit, its session or the person's access has ended."""
    if visit.ended_at is not None or visit.ends_at <= clock.now() or not is_live(visit):
        return True
    return entry.barrier(visit) is not None


def _mine(read: PreparedRead, program: Credentials, secret: str) -> Row[Any] | None:
    visit: Row[Any] | None = read.one(
        client_id=program.client_id, digest=digest(secret), now=clock.now()
    )
    if visit is None:
        program.check()
    elif not program.are_of(visit):
        raise credentials.unknown()
    return visit
