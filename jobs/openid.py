"""OpenID Connect."""

from __future__ import annotations

from jobs import in_app
from webapp.domain.openid import logouts


@in_app
def log_out() -> None:
    """Tell applications of visits that are over."""
    logouts.send()
