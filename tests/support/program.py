"""A program that signs people in with us, by the standards alone: its own id, its own secret."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet

from tests.support.client import Browser
from webapp import clock
from webapp.db import db, transaction
from webapp.domain.applications.clients import change, ready
from webapp.domain.openid import clients, requests, visits
from webapp.models import Application, OidcClient, Organization, Session

BACK = "https://wiki.acme.example/callback"
AFTER = "https://wiki.acme.example/bye"


@transaction()
def application(
    organization: Organization,
    slug: str = "wiki",
    *,
    client: dict[str, Any] | None = None,
    **columns: Any,
) -> tuple[Application, OidcClient, str]:
    """An application, as a program, and its secret; `client` are columns of the latter."""
    host = f"{slug}.{organization.slug}.example"
    row = Application(
        organization_id=organization.id,
        slug=slug,
        name=slug.title(),
        home_url=f"https://{host}/",
        host=host,
        created_at=clock.now(),
        **{"visit_minutes": 480, **columns},
    )
    db.session.add(row)
    db.session.flush()
    more = {"redirect_uris": [BACK], "post_logout_redirect_uris": [AFTER], **(client or {})}
    change(row, {"is_public": False, **more})
    found = ready(row)
    return row, found, "" if found.is_public else clients.change_secret(found)


def entered(application: Application, session: Session | None, verifier: str = "x" * 43) -> str:
    """The code of somebody who has just entered."""
    client = transaction()(ready)(application)
    assert session is not None
    asked = requests.SignInRequest(
        client=client,
        redirect_uri=BACK,
        state=None,
        scope="openid profile email groups",
        nonce="the nonce",
        code_challenge=challenge_of(verifier),
        prompt=frozenset(),
        max_age=None,
        hint="",
        sub=None,
    )
    return visits.begin(asked, session)


class Program:
    """A relying party, with a browser to send to us and a connection of its own."""

    def __init__(
        self, browser: Browser, client_id: str, secret: str = "", back: str = BACK
    ) -> None:
        self.browser, self.client_id, self.secret, self.back = browser, client_id, secret, back
        self.verifier = secrets.token_urlsafe(48)
        self.wire = browser.app.test_client()
        self.wire_environ = {"REMOTE_ADDR": "127.0.0.1"}

    @property
    def challenge(self) -> str:
        """What goes with the request of the verifier (RFC 7636)."""
        return challenge_of(self.verifier)

    def values(self, **changed: str | None) -> dict[str, str]:
        """The parameters of a good request, with some changed or left out."""
        values = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.back,
            "scope": "openid profile email groups",
            "state": "the state",
            "nonce": "the nonce",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            **changed,
        }
        return {name: value for name, value in values.items() if value is not None}

    def address(self, **changed: str | None) -> str:
        """Where the browser is sent."""
        return f"/oauth/authorize?{urlencode(self.values(**changed))}"

    def ask(self, **changed: str | None) -> Any:
        """Send the browser; what comes back at once."""
        return self.browser.open(self.address(**changed), follow=False)

    def asked(self, **changed: str | None) -> dict[str, str]:
        """Send the browser; the answer that comes back to the program."""
        answer = self.ask(**changed)
        assert answer.status == 303, answer.text
        found = answered(answer.location, self.back)
        self.browser.secrets.learn(*filter(None, [found.get("code")]))
        return found

    def post(self, **form: Any) -> Any:
        """Ask for tokens, with the secret in the header."""
        credentials = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}"} if self.secret else {}
        if not self.secret:
            form = {"client_id": self.client_id, **form}
        return self.wire.post(
            "/oauth/token", data=form, headers=headers, environ_overrides=self.wire_environ
        )

    def redeem(self, code: str, **changed: Any) -> Any:
        """Ask for tokens for a code."""
        values = {
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": self.verifier,
            **changed,
        }
        return self.post(grant_type="authorization_code", **values)

    def tokens(self, **changed: str | None) -> dict[str, Any]:
        """Sign the browser's person in; the tokens."""
        response = self.redeem(self.asked(**changed)["code"])
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json
        for name in ("access_token", "refresh_token", "id_token"):
            self.browser.secrets.learn(found[name])
        return found

    def refresh(self, token: str, **more: str) -> Any:
        """Ask for new tokens."""
        return self.post(grant_type="refresh_token", refresh_token=token, **more)

    def userinfo(self, token: str) -> Any:
        """Ask who the person is."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.wire.get(
            "/oauth/userinfo", headers=headers, environ_overrides=self.wire_environ
        )

    def claims(self, id_token: str) -> dict[str, Any]:
        """An id_token's claims, verified with the published keys."""
        keys = KeySet.import_key_set(self.wire.get("/oauth/jwks").json)
        return dict(jwt.decode(id_token, keys, algorithms=["RS256"]).claims)


def challenge_of(verifier: str) -> str:
    """A verifier's SHA-256 (RFC 7636 4.2)."""
    hashed = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()


def answered(location: str, back: str = BACK) -> dict[str, str]:
    """The values that an answer's address has, at exactly this one."""
    parts = urlsplit(location)
    assert location.startswith(back)
    assert parts.path == urlsplit(back).path
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def jwt_header(token: str) -> dict[str, Any]:
    """What a token says about its own signature."""
    part = token.partition(".")[0]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def query(path: str, values: dict[str, str]) -> str:
    """An address with these values."""
    return f"{path}?{urlencode(values)}"
