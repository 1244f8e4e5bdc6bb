"""The same requests to us and to oidc-provider, a certified provider: where we differ, and why."""

from __future__ import annotations

import re

from tests import cast
from tests.openid.test_parties import live
from tests.support import node, program
from tests.support.program import BACK
from webapp import trace
from webapp.config import ROOT
from webapp.domain.accounts import sessions

__all__ = ["live"]

OTHER_BACK = "https://wiki.evil.example/callback"
ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \| .+ \|$", re.M)


def documented():
    """The differences that docs/security.md explains."""
    text = (ROOT / "docs/security.md").read_text()
    _, _, rest = text.partition("### Where we differ from oidc-provider")
    table = rest.partition("\n#")[0]
    return {
        name: [ours, theirs]
        for name, ours, theirs in ROW.findall(table)
        if ":" in name or name.startswith("userinfo")
    }


def test_we_answer_as_a_certified_provider_does_except_where_documented(live, secrets):
    app, address = live
    with app.app_context(), trace.job("test"):
        acme, evil = cast.organization(), cast.organization("evil")
        _, one, secret = program.application(acme)
        _, other, other_secret = program.application(evil, client={"redirect_uris": [OTHER_BACK]})
        _, phone, _ = program.application(acme, "phone", client={"is_public": True})
        token = sessions.start(cast.person(cast.CHEN))
        clients = {
            "one": {"id": one.client_id, "secret": secret},
            "other": {"id": other.client_id, "secret": other_secret},
            "app": {"id": phone.client_id},
        }
    secrets.learn(token)
    found = node.run(
        "oracle.mjs",
        sent={
            "issuer": address,
            "cookie": ["gatehouse", token],
            "clients": clients,
            "back": BACK,
            "otherBack": OTHER_BACK,
        },
    )
    assert len(found) >= 60
    assert {name: both for name, both in found.items() if both[0] != both[1]} == documented()
