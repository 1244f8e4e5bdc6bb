"""The token endpoint's verb against what it cannot do without."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

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
from webapp.domain.openid import clients, keys, requests, tokens, visits
from webapp.models import Session

VERIFIER = "a-verifier-that-is-as-long-as-it-has-to-be-by-rfc-7636"
CLAIMS = b"x" * 500  # about as long as an id_token


class Setting(NamedTuple):
    """A client whose codes are redeemed."""

    client_id: str
    challenge: str


def sides(stage: Stage) -> tuple[Side, Side]:
    """Ours, and a signature and a commit."""
    with stage.app.app_context():
        _, client, _ = program.application(cast.organization(), f"wiki-{secrets.token_hex(4)}")
        setting = Setting(client.client_id, program.challenge_of(VERIFIER))
        keys.sign({})
    key: Any = RSAKey.generate_key(keys.BITS).private_key

    def ours(codes: list[str]) -> None:
        for code in codes:
            with stage.app.app_context():
                found = clients.find(setting.client_id)
                assert found is not None
                tokens.redeem(found, code, program.BACK, VERIFIER).body()

    def floor(_: list[str]) -> None:
        for _one in _:
            stage.raw.touch(clock.now())
            key.sign(CLAIMS, PKCS1v15(), SHA256())

    return Side(ours, lambda count: _codes(stage, setting, count)), Side(floor, stage.emails)


def _codes(stage: Stage, setting: Setting, count: int) -> list[str]:
    with stage.app.app_context():
        session = db.session.scalars(select(Session).where(Session.revoked_at.is_(None))).first()
        client = clients.find(setting.client_id)
        assert session is not None
        assert client is not None
        asked = requests.SignInRequest(
            client=client,
            redirect_uri=program.BACK,
            state=None,
            scope="openid profile email groups",
            nonce="n",
            code_challenge=setting.challenge,
            prompt=frozenset(),
            max_age=None,
            hint="",
            sub=None,
        )
        return [visits.begin(asked, session) for _ in range(count)]
