"""The token endpoint's verb against what it cannot do without."""

from __future__ import annotations

import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey
from sqlalchemy import select

from benchmarks.stage import Stage
from benchmarks.timing import Side
from tests import cast
from tests.support import program
from webapp import clock
from webapp.db import db
from webapp.domain.openid import clients, keys, tokens
from webapp.domain.openid.credentials import Credentials
from webapp.models import Session

VERIFIER = "a-verifier-that-is-as-long-as-it-has-to-be-by-rfc-7636"
CLAIMS = b"x" * 500  # about as long as an id_token


def sides(stage: Stage) -> tuple[Side, Side]:
    """Ours, and a signature and a commit."""
    with stage.app.app_context():
        _, client, secret = program.application(cast.organization(), f"wiki-{secrets.token_hex(4)}")
        client_id = client.client_id
        keys.sign({})
    shown = Credentials(client_id, secret)
    key: Any = RSAKey.generate_key(keys.BITS).private_key

    def ours(codes: list[str]) -> None:
        for code in codes:
            with stage.app.app_context():
                tokens.redeem(shown, code, program.BACK, VERIFIER)

    def floor(emails: list[str]) -> None:
        for _ in emails:
            stage.raw.touch(clock.now())
            key.sign(CLAIMS, PKCS1v15(), SHA256())

    return Side(ours, lambda count: _codes(stage, client_id, count)), Side(floor, stage.emails)


def _codes(stage: Stage, client_id: str, count: int) -> list[str]:
    with stage.app.app_context():
        session = db.session.scalars(select(Session).where(Session.revoked_at.is_(None))).first()
        client = clients.find(client_id)
        assert client is not None
        return [program.entered(client.application, session, VERIFIER) for _ in range(count)]
