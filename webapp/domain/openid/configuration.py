"""What programs read about us first (OpenID Connect Discovery 1.0)."""

from __future__ import annotations

from typing import Any

from webapp.domain.openid import keys, requests

# The addresses under PUBLIC_URL.
ADDRESSES = {
    "authorization_endpoint": "/oauth/authorize",
    "token_endpoint": "/oauth/token",
    "userinfo_endpoint": "/oauth/userinfo",
    "jwks_uri": "/oauth/jwks",
    "end_session_endpoint": "/oauth/logout",
}
CAN = {
    "scopes_supported": list(requests.SCOPES),
    "response_types_supported": ["code"],
    "response_modes_supported": ["query"],
    "grant_types_supported": ["authorization_code", "refresh_token"],
    "subject_types_supported": ["pairwise"],
    "id_token_signing_alg_values_supported": [keys.ALGORITHM],
    "token_endpoint_auth_methods_supported": [
        *("client_secret_basic", "client_secret_post", "none")
    ],
    "code_challenge_methods_supported": ["S256"],
    "prompt_values_supported": sorted(requests.PROMPTS),
    "claims_supported": [
        *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "sid", "name"),
        *("preferred_username", "email", "email_verified", "groups", "role"),
    ],
    "claims_parameter_supported": False,
    "request_parameter_supported": False,
    "request_uri_parameter_supported": False,
    "authorization_response_iss_parameter_supported": True,
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
}


def document() -> dict[str, Any]:
    """All of it."""
    issuer = keys.issuer()
    addresses = {name: f"{issuer}{path}" for name, path in ADDRESSES.items()}
    return {"issuer": issuer, **addresses, **CAN}
