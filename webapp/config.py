"""Settings: read once from the environment, checked once, frozen."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from flask import current_app

from webapp import env_parsers

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"
ENVIRONMENTS = ("production", "development", "test")
SECRET_KEY_MIN = 32
UNSAFE_KEY = "a-key-for-development-only-and-never-for-production"


class SettingsError(Exception):
    """One or more settings are wrong; the text names each and what it should be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the program, under its environment name in lower case."""

    gatehouse_env: str = "production"
    secret_key: str = ""
    secret_key_fallbacks: tuple[str, ...] = ()
    public_url: str = ""
    database_url: str = ""
    redis_url: str = "redis://127.0.0.1:6379/0"
    mail_server: str = "127.0.0.1"
    mail_port: int = 25
    mail_use_tls: bool = False
    mail_use_ssl: bool = False
    mail_username: str = ""
    mail_password: str = ""
    from_email: str = ""
    bounce_address: str = ""
    mail_rate_per_minute: int = 0  # none: as fast as it goes
    resend_api_key: str = ""
    resend_webhook_secret: str = ""
    invitation_expiry_days: int = 7
    allowed_invite_domains: tuple[str, ...] = ()
    invitations_per_admin_per_day: int = 500
    invitations_per_org_per_day: int = 5000
    password_min_length: int = 12
    session_days: int = 30
    session_idle_days: int = 14
    trusted_proxies: int | None = None  # 0: there are none, whatever the address says
    log_format: str = "text"
    metrics_token: str = ""
    ratelimit_enabled: bool = True
    webhook_loopback: bool = False
    port: int = 8000

    @classmethod
    def from_env(cls) -> Settings:
        """Read `.env` and the environment, the environment winning; raises SettingsError."""
        return cls.from_mapping({**dotenv_values(ROOT / ".env"), **os.environ})

    @classmethod
    def from_mapping(cls, given: Mapping[str, str | None]) -> Settings:
        """Settings from text by environment name; unset and empty are the same.

        Raises SettingsError, which names every wrong setting at once.
        """
        problems: list[str] = []
        values: dict[str, Any] = {}
        for field in fields(cls):
            name = field.name.upper()
            text = (given.get(name) or "").strip()
            if not text:
                continue
            try:
                values[field.name] = READ.get(field.name, env_parsers.text)(text)
            except ValueError as wrong:
                problems.append(f"{name}: {wrong}")
        problems += _doubled(values)
        if not problems:
            values = _with_derived(values)
            problems = _refusals(values)
        if problems:
            raise SettingsError("Settings are wrong:\n  " + "\n  ".join(problems))
        return cls(**values)

    @property
    def https(self) -> bool:
        """Whether the public address is https, which decides about Secure cookies."""
        return self.public_url.startswith("https://")

    @property
    def lacks_proxies(self) -> bool:
        """Whether nobody said which proxies there are, though our web server speaks no TLS."""
        return self.https and self.trusted_proxies is None

    @property
    def is_local(self) -> bool:
        """Whether people open it on this machine only."""
        return _loopback(self.public_url)

    @property
    def public_host(self) -> str:
        """The host name of the public address, for Message-IDs and the like."""
        return urlsplit(self.public_url).hostname or "localhost"


def current() -> Settings:
    """The running application's settings."""
    settings = current_app.extensions["settings"]
    assert isinstance(settings, Settings)  # noqa: S101 - a fact for the type checker
    return settings


READ: dict[str, Callable[[str], Any]] = {
    "gatehouse_env": env_parsers.one_of(*ENVIRONMENTS),
    "secret_key_fallbacks": env_parsers.words,
    "public_url": env_parsers.address,
    "database_url": env_parsers.database,
    "redis_url": env_parsers.redis,
    "mail_port": env_parsers.whole(1, 65535),
    "mail_use_tls": env_parsers.flag,
    "mail_use_ssl": env_parsers.flag,
    "from_email": env_parsers.mailbox,
    "bounce_address": env_parsers.return_path,
    "resend_webhook_secret": env_parsers.webhook_secret,
    "mail_rate_per_minute": env_parsers.whole(1, 1_000_000),
    "invitation_expiry_days": env_parsers.whole(1, 30),
    "allowed_invite_domains": env_parsers.domains,
    "invitations_per_admin_per_day": env_parsers.whole(0, 1_000_000),
    "invitations_per_org_per_day": env_parsers.whole(0, 10_000_000),
    "password_min_length": env_parsers.whole(8, 128),
    "session_days": env_parsers.whole(1, 365),
    "session_idle_days": env_parsers.whole(1, 365),
    "trusted_proxies": env_parsers.whole(0, 10),
    "log_format": env_parsers.one_of("text", "json"),
    "ratelimit_enabled": env_parsers.flag,
    "webhook_loopback": env_parsers.flag,
    "port": env_parsers.whole(1, 65535),
}


def _with_derived(values: dict[str, Any]) -> dict[str, Any]:
    """Fill what follows from other settings: development's comfort, Resend's SMTP."""
    values = dict(values)
    if values.get("gatehouse_env", "production") != "production":
        values.setdefault("secret_key", UNSAFE_KEY)
        values.setdefault("public_url", f"http://127.0.0.1:{values.get('port', 8000)}")
    if not values.get("database_url"):
        values["database_url"] = f"sqlite:///{INSTANCE / 'gatehouse.db'}"
    if values.get("resend_api_key") and not values.get("mail_server"):
        values["mail_server"] = "smtp.resend.com"
        values["mail_port"] = 465
        values["mail_use_ssl"] = True
        values["mail_username"] = "resend"
        values["mail_password"] = values["resend_api_key"]
    if not values.get("from_email"):
        host = urlsplit(values.get("public_url", "")).hostname or "localhost"
        values["from_email"] = f"gatehouse@{host}"
    return values


def _doubled(given: Mapping[str, Any]) -> list[str]:
    """RESEND_API_KEY sets all of MAIL_* up; beside a MAIL_SERVER of one's own, that one counts."""
    if not given.get("resend_api_key") or given.get("mail_server"):
        return []
    names = ("mail_port", "mail_use_tls", "mail_use_ssl", "mail_username", "mail_password")
    return [
        f"{name.upper()}: should be unset beside RESEND_API_KEY, or stand with a MAIL_SERVER"
        for name in names
        if name in given
    ]


def _refusals(values: Mapping[str, Any]) -> list[str]:
    problems = []
    key = values.get("secret_key", "")
    if len(key) < SECRET_KEY_MIN or len(set(key)) < 8:
        problems.append(
            f"SECRET_KEY: should be at least {SECRET_KEY_MIN} random characters; make one with "
            "python -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    if any(len(key) < SECRET_KEY_MIN for key in values.get("secret_key_fallbacks", ())):
        problems.append(
            f"SECRET_KEY_FALLBACKS: each should be at least {SECRET_KEY_MIN} characters"
        )
    if values.get("mail_use_tls") and values.get("mail_use_ssl"):
        problems.append("MAIL_USE_TLS: should be off while MAIL_USE_SSL is on")
    public_url = values.get("public_url", "")
    production = values.get("gatehouse_env", "production") == "production"
    if not public_url:
        problems.append("PUBLIC_URL: should be the address people open, with https://")
    elif production and not public_url.startswith("https://") and not _loopback(public_url):
        problems.append("PUBLIC_URL: should start with https:// (http is for loopback only)")
    if production and values.get("webhook_loopback"):
        problems.append("WEBHOOK_LOOPBACK: should be off in production: it is for tests")
    keys = (values.get("secret_key"), *values.get("secret_key_fallbacks", ()))
    if production and UNSAFE_KEY in keys:
        problems.append("SECRET_KEY: should be your own, not the one for development")
    return problems


def _loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
