"""Telling applications that a visit is over (OpenID Connect Back-Channel Logout 1.0).

Like webhooks: to checked addresses on the public internet, and for three days until one answers.
"""

from __future__ import annotations

import logging
import secrets
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from sqlalchemy import select, text

from webapp import clock, config, egress, outbound_http, stopping
from webapp.db import db, transaction
from webapp.domain import leases
from webapp.domain.leases import Claim
from webapp.domain.openid import keys, subjects, visits
from webapp.domain.webhooks import attempts
from webapp.models import OidcClient, OidcVisit
from webapp.models.openid import UNTOLD
from webapp.outbound_http import Answer

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LEASE = timedelta(seconds=60)
SECONDS = 10.0  # per job
BATCH = 500
LIFETIME = timedelta(minutes=2)  # of a logout token, which is signed anew for each attempt

log = logging.getLogger("gatehouse.openid")


@dataclass(frozen=True, slots=True)
class Notice:
    """One logout token on its way."""

    claim: Claim
    url: str
    body: bytes


def send() -> int:
    """Tell the applications of visits that are over; how many took it. It may run twice at once."""
    until, count, after = time.monotonic() + SECONDS, 0, 0
    way, tls = egress.way(), None
    while time.monotonic() < until and not stopping.is_asked():
        last, notices = _take(after)
        for notice in notices:
            tls = tls or ssl.create_default_context()
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "User-Agent": f"Gatehouse ({config.current().public_url})",
            }
            answer = outbound_http.post(notice.url, headers, notice.body, way=way, tls=tls)
            count += _settle(notice.claim, answer)
        if last is None:
            break
        after = last
    return count


@transaction()
def _take(after: int) -> tuple[int | None, list[Notice]]:
    """The logout tokens to be sent of the next visits, and the last visit looked at, if any."""
    found = db.session.execute(
        select(OidcVisit, OidcClient)
        .join(OidcClient, OidcClient.application_id == OidcVisit.application_id)
        .options(*visits.LOADED)
        .where(
            text(UNTOLD),
            OidcVisit.id > after,
            OidcVisit.due_at <= clock.now(),
            OidcClient.backchannel_logout_uri.is_not(None),
        )
        .order_by(OidcVisit.id)
        .limit(BATCH)
        .with_for_update(of=OidcVisit, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    over = [(visit, client) for visit, client in found if visits.is_shut_out(visit)]
    claims = leases.take([visit for visit, _ in over], LEASE)
    last = found[-1][0].id if found else None
    return last, [_notice(claims[visit.id], visit, client) for visit, client in over]


def _notice(claim: Claim, visit: OidcVisit, client: OidcClient) -> Notice:
    now = clock.now()
    claims = {
        "iss": keys.issuer(),
        "aud": client.client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "jti": secrets.token_urlsafe(16),
        "sid": visit.sid,
        "events": {EVENT: {}},
    }
    sub = subjects.sub(visit.organization_id, visit.user_id)  # none of somebody who was erased
    token = keys.sign({**claims, "sub": sub} if sub else claims, "logout+jwt")
    body = urlencode({"logout_token": token}).encode()
    return Notice(claim, client.backchannel_logout_uri or "", body)


@transaction()
def _settle(claim: Claim, answer: Answer) -> bool:
    """Record what came of one attempt; tried again for three days, then given up."""
    visit = db.session.scalar(
        select(OidcVisit).where(leases.is_mine(OidcVisit, claim)).with_for_update()
    )
    if visit is None:
        return False
    visit.attempts += 1
    if answer.is_success or visit.attempts > len(attempts.PAUSES):
        visit.lease, visit.told_at = None, clock.now()
    else:
        leases.let_go(visit, attempts.pause(visit.attempts))
        log.info("a back-channel logout failed: %s", answer.status or answer.words)
    return answer.is_success


def of_session(session_id: int) -> Sequence[str]:
    """The ids by which applications know the visits of a session."""
    query = select(OidcVisit.sid).where(OidcVisit.session_id == session_id)
    return db.session.scalars(query).all()
