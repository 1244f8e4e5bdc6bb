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
    resend_api_key: str = ""
    resend_webhook_secret: str = ""
    invitation_expiry_days: int = 7
    allowed_invite_domains: tuple[str, ...] = ()
    invitations_per_admin_per_day: int = 500
    invitations_per_org_per_day: int = 5000
    password_min_length: int = 12
    trusted_proxies: int = 0
    log_format: str = "text"
    metrics_token: str = ""
    ratelimit_enabled: bool = True
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
                values[field.name] = READ.get(field.name, _text)(text)
            except ValueError as wrong:
                problems.append(f"{name}: {wrong}")
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
    def public_host(self) -> str:
        """The host name of the public address, for Message-IDs and the like."""
        return urlsplit(self.public_url).hostname or "localhost"


def current() -> Settings:
    """The running application's settings."""
    settings = current_app.extensions["settings"]
    assert isinstance(settings, Settings)  # noqa: S101 - a fact for the type checker
    return settings


def _text(text: str) -> str:
    return text


def _flag(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True}
    known |= {"0": False, "false": False, "no": False, "off": False}
    if text.lower() not in known:
        raise ValueError("should be on or off")
    return known[text.lower()]


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"should be a whole number from {low} to {high}")
        return int(text)

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"should be one of {', '.join(words)}")
        return text

    return read


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _domains(text: str) -> tuple[str, ...]:
    names = tuple(name.lstrip("@").lower() for name in _list(text))
    for name in names:
        if "." not in name or any(c.isspace() or c in "@/:" for c in name):
            raise ValueError("should be domain names separated by commas, like example.org")
    return tuple(name.encode("idna").decode("ascii") for name in names)


def _address(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
        raise ValueError("should be the address people open, like https://gate.example.org")
    if url.path.strip("/"):
        raise ValueError("should have no path: Gatehouse lives at the root of its host")
    return text.rstrip("/")


def _database(text: str) -> str:
    for prefix in ("postgres://", "postgresql://"):
        if text.startswith(prefix):
            return "postgresql+psycopg://" + text.removeprefix(prefix)
    if not text.startswith(("postgresql+psycopg://", "sqlite:///")):
        raise ValueError("should start with postgresql:// or sqlite:///")
    return text


def _redis(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("should start with redis://, rediss:// or unix://")
    return text


READ: dict[str, Callable[[str], Any]] = {
    "gatehouse_env": _one_of(*ENVIRONMENTS),
    "secret_key_fallbacks": _list,
    "public_url": _address,
    "database_url": _database,
    "redis_url": _redis,
    "mail_port": _whole(1, 65535),
    "mail_use_tls": _flag,
    "mail_use_ssl": _flag,
    "invitation_expiry_days": _whole(1, 30),
    "allowed_invite_domains": _domains,
    "invitations_per_admin_per_day": _whole(0, 1_000_000),
    "invitations_per_org_per_day": _whole(0, 10_000_000),
    "password_min_length": _whole(8, 128),
    "trusted_proxies": _whole(0, 10),
    "log_format": _one_of("text", "json"),
    "ratelimit_enabled": _flag,
    "port": _whole(1, 65535),
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


def _refusals(values: Mapping[str, Any]) -> list[str]:
    problems = []
    if len(values.get("secret_key", "")) < SECRET_KEY_MIN:
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
    if production and values.get("secret_key") == UNSAFE_KEY:
        problems.append("SECRET_KEY: should be your own, not the one for development")
    return problems


def _loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
