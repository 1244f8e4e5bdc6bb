"""Gatehouse: decides who gets in."""

from __future__ import annotations

import logging

import click
from flask import Flask
from flask_compress import Compress
from flask_migrate import Migrate
from werkzeug.utils import find_modules, import_string

from webapp import commands, error_reports, replicas, telemetry, trace
from webapp.config import INSTANCE, ROOT, Settings
from webapp.connections import engine_options
from webapp.db import db as database
from webapp.domain.operations import doctor
from webapp.second_tries import Application
from webapp.web import front

log = logging.getLogger("gatehouse")

__version__ = "0.1.0"

# All our forms are far smaller; a larger body is refused before it is read.
BODY_BYTES = 256 * 1024


def create_app(settings: Settings) -> Flask:
    """The application for these settings; connects to nothing yet."""
    app = Application("webapp", instance_path=str(INSTANCE))
    _import_rules()
    _configure(app, settings)
    _open_database(app)
    Compress(app)
    front.mount(app, settings, __version__)
    commands.mount(app)
    _warn(settings)
    return app


def _import_rules() -> None:
    """Import every file of the rules, so that what each declares is known in every process.

    Kinds of mail and sweeps are declared where their nouns are; the worker, the scheduler and the
    command line know them because all of them begin with `create_app`.
    """
    for name in find_modules("webapp.domain", include_packages=True, recursive=True):
        import_string(name)


def _configure(app: Flask, settings: Settings) -> None:
    trace.configure_logging(settings.log_format)
    error_reports.start(settings.sentry_dsn, __version__, settings.gatehouse_env)
    telemetry.start(
        settings.otel_exporter_otlp_endpoint,
        settings.otel_exporter_otlp_headers,
        settings.otel_traces_sampler_arg,
        __version__,
        settings.gatehouse_env,
    )
    app.extensions |= {"settings": settings, "version": __version__}
    if settings.gatehouse_env == "production":
        app.debug = False  # whatever FLASK_DEBUG says: its error pages show everything
    prefix = "__Host-" if settings.https else ""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(
            settings.database_url, settings.database_pool_size
        ),
        SQLALCHEMY_BINDS=replicas.binds(settings.database_read_url, settings.database_pool_size),
        MAX_CONTENT_LENGTH=BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=BODY_BYTES,
        # Flask's own cookie holds the forms' CSRF secret and messages for the next page; who is
        # signed in is in the database (web/session_cookie.py).
        SESSION_COOKIE_NAME=f"{prefix}gatehouse_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        WTF_CSRF_TIME_LIMIT=None,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_STREAMS=False,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,  # URLs of static files change with their content
    )


def _open_database(app: Flask) -> None:
    INSTANCE.mkdir(mode=0o700, exist_ok=True)
    database.init_app(app)
    Migrate(app, database, directory=str(ROOT / "migrations"))


def _warn(settings: Settings) -> None:
    """Log what is probably wrong; commands leave that to `doctor`."""
    if settings.lacks_proxies and not click.get_current_context(silent=True):
        log.warning(doctor.NO_PROXIES)
