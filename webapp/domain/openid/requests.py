"""What a program asks for when it sends somebody to us: read, bounded, and checked (RFC 6749)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from webapp.domain.openid import clients, hints, keys
from webapp.domain.openid.faults import Fault, Untrusted
from webapp.models import OidcClient

SCOPES = ("openid", "profile", "email", "groups")
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
# What OpenID Connect lets a provider leave out, and how it says so.
LEFT_OUT = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}
LONGEST = 1000  # characters of one value
ADDRESS = 1900  # of the whole address: it has to come back through the page for signing in
_VISIBLE = re.compile(r"[ -~]*")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_DIGITS = re.compile(r"[0-9]{1,9}")

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """Where an answer may go to, which was checked first, and the state that goes with it."""

    client: OidcClient
    redirect_uri: str
    state: str | None

    def answer(self, **facts: str) -> str:
        """The redirect address with the answer, and who gives it (RFC 9207)."""
        values = {**facts, "iss": keys.issuer()}
        if self.state is not None:
            values["state"] = self.state
        return joined(self.redirect_uri, values)


@dataclass(frozen=True, slots=True)
class SignInRequest(ReturnPath):
    """A request that is in order, and where its answer goes."""

    scope: str
    nonce: str | None
    code_challenge: str
    prompt: frozenset[str]
    max_age: int | None
    hint: str
    sub: str | None  # whom the program believes to be here, by an id_token of ours

    @property
    def is_silent(self) -> bool:
        """Whether no page may be shown."""
        return "none" in self.prompt


def joined(address: str, values: Mapping[str, str]) -> str:
    """An address with these values added to its query."""
    sign = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return f"{address}{sign}{urlencode(values)}"


def return_path(values: Values) -> ReturnPath:
    """Where the answer goes; raises Untrusted unless it is exactly an address of the program."""
    client_id, redirect_uri = (values.get(name, []) for name in ("client_id", "redirect_uri"))
    client = clients.find(client_id[0]) if len(client_id) == 1 else None
    if client is None or len(redirect_uri) != 1 or redirect_uri[0] not in client.redirect_uris:
        raise Untrusted
    state = values.get("state", [])
    is_sound = len(state) == 1 and len(state[0]) <= LONGEST and _VISIBLE.fullmatch(state[0])
    return ReturnPath(client, redirect_uri[0], state[0] if is_sound else None)


def read(path: ReturnPath, values: Values, length: int) -> SignInRequest:
    """The request, whose address is so long; raises Fault for what is wrong with it."""
    one = _printable(values, length)
    for name, error in LEFT_OUT.items():
        if name in one:
            raise Fault(error, f"{name} is not supported")
    if one.get("response_type") != "code":
        if "response_type" not in one:
            raise Fault("invalid_request", "response_type is missing")
        raise Fault("unsupported_response_type", "only response_type=code is supported")
    if one.get("response_mode", "query") != "query":
        raise Fault("invalid_request", "only response_mode=query is supported")
    challenge = one.get("code_challenge", "")
    if one.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise Fault("invalid_request", "PKCE with code_challenge_method=S256 is required")
    return SignInRequest(
        client=path.client,
        redirect_uri=path.redirect_uri,
        state=path.state,
        scope=_scope(one.get("scope", "")),
        nonce=one.get("nonce"),
        code_challenge=challenge,
        prompt=_prompt(one.get("prompt", "")),
        max_age=_max_age(one.get("max_age")),
        hint=one.get("login_hint", "")[:254],
        sub=_hinted(path.client, one.get(hints.NAME)),
    )


def once(values: Values, *, unbounded: str = "") -> dict[str, str]:
    """Each value once and bounded, but for one; empty ones count as left out (RFC 6749 3.1)."""
    for name, several in values.items():
        if len(several) > 1:
            raise Fault("invalid_request", "a parameter was sent twice")
        if len(several[0]) > LONGEST and name != unbounded:
            raise Fault("invalid_request", "a parameter is too long")
    return {name: several[0] for name, several in values.items() if several[0]}


def _printable(values: Values, length: int) -> dict[str, str]:
    one = once(values, unbounded=hints.NAME)
    for name, value in one.items():
        is_free = name == "login_hint"  # an address may have any letters
        if not is_free and not _VISIBLE.fullmatch(value):
            raise Fault("invalid_request", "a parameter has characters that are not allowed")
    if length > ADDRESS:
        raise Fault("invalid_request", f"the request is longer than {ADDRESS} characters")
    return one


def _scope(text: str) -> str:
    """What is granted of the scopes; those that we do not have are left out."""
    asked = text.split(" ")
    if "openid" not in asked:
        raise Fault("invalid_scope", "the scope has to contain openid")
    return " ".join(scope for scope in SCOPES if scope in asked)


def _prompt(text: str) -> frozenset[str]:
    asked = frozenset(text.split())
    if not asked <= PROMPTS or ("none" in asked and len(asked) > 1):
        raise Fault("invalid_request", "prompt is none, or any of login consent select_account")
    return asked


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not _DIGITS.fullmatch(text):
        raise Fault("invalid_request", "max_age has to be a number of seconds")
    return int(text)


def _hinted(client: OidcClient, token: str | None) -> str | None:
    if token is None:
        return None
    claims = hints.read(token)
    if claims is None or claims["aud"] != client.client_id:
        raise Fault("invalid_request", "id_token_hint is not an id_token of this client")
    return claims["sub"]
