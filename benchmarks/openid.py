"""The token endpoint's verb against what it cannot do without."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from benchmarks.floors import Signing
from benchmarks.stage import ROWS, Stage
from benchmarks.timing import Side
from tests import cast
from tests.support import program
from webapp.db import db
from webapp.domain.openid import clients, keys, tokens
from webapp.domain.openid.credentials import Credentials
from webapp.models import OidcVisit, Session

PATH = "/oauth/token"
VERIFIER = "a-verifier-that-is-as-long-as-it-has-to-be-by-rfc-7636"


def sides(stage: Stage) -> tuple[Side, Side]:
    """Ours, and a signature and the raw row."""
    shown, signing = _program(stage), Signing()

    def ours(codes: list[str]) -> None:
        for code in codes:
            with stage.app.app_context():
                tokens.redeem(shown, code, program.BACK, VERIFIER)

    def floor(visits: list[str]) -> None:
        for sid in visits:
            stage.raw.give_tokens(sid)
            signing.sign()

    return (
        Side(ours, lambda count: _codes(stage, shown, count)),
        Side(floor, lambda count: _visits(stage, shown, count)),
    )


def sides_by_http(stage: Stage) -> tuple[Side, Side]:
    """The endpoint, and a bare view that makes a signature and writes the raw row."""
    shown = _program(stage)
    form = {"grant_type": "authorization_code", **shown._asdict()}
    form |= {"redirect_uri": program.BACK, "code_verifier": VERIFIER}
    form["client_secret"] = form.pop("secret")

    def ours(code: str) -> None:
        stage.ours(200, PATH, data={**form, "code": code})

    def floor(sid: str) -> None:
        stage.floor(200, PATH, {**form, "code": sid})

    return (
        Side.of(ours, lambda count: _codes(stage, shown, count)),
        Side.of(floor, lambda count: _visits(stage, shown, count)),
    )


def _program(stage: Stage) -> Credentials:
    with stage.app.app_context():
        _, client, secret = program.application(cast.organization(), f"wiki-{secrets.token_hex(4)}")
        keys.sign({})
        shown = Credentials(client.client_id, secret)
    # PostgreSQL plans by what is there: for a handful of rows it would read all of them.
    _codes(stage, shown, ROWS)
    return shown


def _visits(stage: Stage, shown: Credentials, count: int) -> list[str]:
    """Which visits have just begun, in no order."""
    _codes(stage, shown, count)
    with stage.app.app_context():
        newest = select(OidcVisit.sid).order_by(OidcVisit.id.desc()).limit(count)
        return list(db.session.scalars(newest))


def _codes(stage: Stage, shown: Credentials, count: int) -> list[str]:
    with stage.app.app_context():
        session = db.session.scalars(select(Session).where(Session.revoked_at.is_(None))).first()
        client = clients.find(shown.client_id)
        assert client is not None
        return [program.entered(client.application, session, VERIFIER) for _ in range(count)]
