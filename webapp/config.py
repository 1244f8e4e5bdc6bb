"""Settings: read once from the environment, checked once, frozen."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from flask import current_app, has_app_context
from marshmallow import Schema, ValidationError

from webapp import env_parsers as env
from webapp import secret_files
from webapp.setting_fields import schema_of, secret, secrets_of, setting

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"
SECRET_KEY_MIN = 32
MAKE_ONE = "make one with python -c 'import secrets; print(secrets.token_urlsafe(48))'"
OVERRULED = "should be unset beside RESEND_API_KEY, or set together with MAIL_SERVER"
UNSAFE_KEY = "a-key-for-development-only-and-never-for-production"


class SettingsError(Exception):
    """One or more settings are wrong; the text names each and what it should be."""


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the program, under its environment name in lower case."""

    gatehouse_env: str = setting("production", env.one_of("production", "development", "test"))
    secret_key: str = secret("")
    secret_key_fallbacks: tuple[str, ...] = secret((), env.words)
    public_url: str = setting("", env.origin)
    trusted_hosts: tuple[str, ...] = setting((), env.hosts)  # (): all
    database_url: str = secret(f"sqlite:///{INSTANCE / 'gatehouse.db'}", env.database)
    database_read_url: str = secret("", env.postgresql)
    database_pool_size: int = setting(0, env.number(2, 200))  # 0: as SQLAlchemy has it
    redis_url: str = secret("redis://127.0.0.1:6379/0", env.redis)
    mail_server: str = "127.0.0.1"
    mail_port: int = setting(25, env.number(1, 65535))
    mail_use_tls: bool = setting(False, env.flag)
    mail_use_ssl: bool = setting(False, env.flag)
    mail_username: str = ""
    mail_password: str = secret("")
    from_email: str = setting("", env.mailbox)
    bounce_address: str = setting("", env.return_path)
    mail_rate_per_minute: int = setting(0, env.number(1, 1_000_000))  # 0: as fast as it goes
    resend_api_key: str = secret("")
    resend_webhook_secret: str = secret("", env.webhook_secret)
    invitation_expiry_days: int = setting(7, env.number(1, 30))
    allowed_invite_domains: tuple[str, ...] = setting((), env.domains)
    allow_internal_email_domains: bool = setting(False, env.flag)
    invitations_per_admin_per_day: int = setting(500, env.number(0, 1_000_000))
    invitations_per_org_per_day: int = setting(5000, env.number(0, 10_000_000))
    password_min_length: int = setting(12, env.number(8, 128))
    session_days: int = setting(30, env.number(1, 365))
    session_idle_days: int = setting(14, env.number(1, 365))
    trusted_proxies: int | None = setting(None, env.number(0, 10))  # None: nobody has said
    log_format: str = setting("text", env.one_of("text", "json"))
    metrics_token: str = secret("")
    sentry_dsn: str = secret("", env.dsn)
    otel_exporter_otlp_endpoint: str = setting("", env.collector)
    otel_exporter_otlp_headers: tuple[tuple[str, str], ...] = secret((), env.header_pairs)
    otel_traces_sampler_arg: float = setting(1.0, env.share)
    csp_reports: bool = setting(False, env.flag)
    ratelimit_enabled: bool = setting(True, env.flag)
    webhook_loopback: bool = setting(False, env.flag)
    port: int = setting(8000, env.number(1, 65535))

    @classmethod
    def from_env(cls) -> Settings:
        """Read `.env` and the environment, the environment winning; raises SettingsError."""
        return cls.from_mapping({**dotenv_values(ROOT / ".env"), **os.environ})

    @classmethod
    def from_mapping(cls, given: Mapping[str, str | None]) -> Settings:
        """Settings from text by environment name; unset and empty are the same.

        Raises SettingsError, which names every wrong setting at once.
        """
        texts = {name: text.strip() for name, text in given.items() if text and text.strip()}
        texts, unread = secret_files.read(texts, secrets_of(cls))
        wrong = dict(_overruled(texts))
        try:
            values = _schema().load(texts)
        except ValidationError as error:
            wrong |= {name: words[0] for name, words in error.messages_dict.items()}
        wrong |= unread
        if not wrong:
            settings = _completed({name.lower(): value for name, value in values.items()})
            wrong = dict(_conflicts(settings))
        if wrong:
            raise SettingsError(
                "Settings are wrong:" + "".join(f"\n  {n}: {wrong[n]}" for n in wrong)
            )
        return settings

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
        try:
            return ip_address(self.public_host).is_loopback
        except ValueError:
            return self.public_host == "localhost"

    @property
    def public_host(self) -> str:
        """The host name of the public address, for Message-IDs and the like."""
        return urlsplit(self.public_url).hostname or "localhost"


def current() -> Settings:
    """The running application's settings."""
    settings: Settings = current_app.extensions["settings"]
    return settings


def allows_internal_domains() -> bool:
    """Whether addresses at reserved or single-word domains are taken; not outside of an app."""
    return has_app_context() and current().allow_internal_email_domains


@functools.cache
def _schema() -> Schema:
    return schema_of(Settings)


def _overruled(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What RESEND_API_KEY would set, set by hand without the server that it is for."""
    if "RESEND_API_KEY" in texts and "MAIL_SERVER" not in texts:
        for name in ("PORT", "USE_TLS", "USE_SSL", "USERNAME", "PASSWORD"):
            if f"MAIL_{name}" in texts:
                yield f"MAIL_{name}", OVERRULED


def _completed(given: Mapping[str, Any]) -> Settings:
    """Fill what follows from other settings: development's comfort, Resend's SMTP."""
    settings = Settings(**given)
    more: dict[str, Any] = {}
    if settings.gatehouse_env != "production":
        more = {"secret_key": UNSAFE_KEY, "public_url": f"http://127.0.0.1:{settings.port}"}
    if settings.resend_api_key and "mail_server" not in given:
        more |= {"mail_server": "smtp.resend.com", "mail_port": 465, "mail_use_ssl": True}
        more |= {"mail_username": "resend", "mail_password": settings.resend_api_key}
    settings = Settings(**{**more, **given})
    sender = settings.from_email or f"gatehouse@{settings.public_host}"
    return dataclasses.replace(settings, from_email=sender)


def _conflicts(settings: Settings) -> Iterator[tuple[str, str]]:
    """What is wrong with settings that are right each for itself."""
    key, fallbacks = settings.secret_key, settings.secret_key_fallbacks
    if len(key) < SECRET_KEY_MIN or len(set(key)) < 8:
        yield "SECRET_KEY", f"should be at least {SECRET_KEY_MIN} random characters; {MAKE_ONE}"
    if any(len(key) < SECRET_KEY_MIN for key in fallbacks):
        yield "SECRET_KEY_FALLBACKS", f"each should be at least {SECRET_KEY_MIN} characters"
    if settings.mail_use_tls and settings.mail_use_ssl:
        yield "MAIL_USE_TLS", "should be off while MAIL_USE_SSL is on"
    if settings.database_read_url and settings.database_url.startswith("sqlite"):
        yield "DATABASE_READ_URL", "should be unset: only a PostgreSQL has replicas"
    if not settings.public_url:
        yield "PUBLIC_URL", "should be the address people open, with https://"
    if settings.gatehouse_env != "production":
        return
    if settings.public_url and not settings.https and not settings.is_local:
        yield "PUBLIC_URL", "should start with https:// (http is for loopback only)"
    if settings.webhook_loopback:
        yield "WEBHOOK_LOOPBACK", "should be off in production: it is for tests"
    if UNSAFE_KEY in (key, *fallbacks):
        yield "SECRET_KEY", "should be your own, not the one for development"
