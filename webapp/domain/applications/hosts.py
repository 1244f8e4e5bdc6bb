"""Applications by what a proxy or an address names: it says nothing about who may enter."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from sqlalchemy import bindparam, select
from sqlalchemy.orm import contains_eager

from webapp.db import db
from webapp.models import Application, Organization
from webapp.web_addresses import USUAL_PORTS

_QUERY = (
    select(Application)
    .join(Application.organization)
    .options(contains_eager(Application.organization))
)
_AT = _QUERY.where(Application.host == bindparam("host"))
_NAMED = _QUERY.where(
    Organization.slug == bindparam("organization"), Application.slug == bindparam("slug")
)
_HOST = re.compile(r"[a-z0-9_.:[\]-]{1,260}")
_NAME = re.compile(r"[a-z0-9-]{1,60}/[a-z0-9-]{1,60}")


def at(host: str) -> Application | None:
    """The application of the host, as `standard` writes it."""
    return db.session.scalar(_AT, {"host": host}) if host else None


def named(name: str) -> Application | None:
    """The application of a name with its organization's: acme/wiki."""
    organization, _, slug = name.partition("/")
    if not _NAME.fullmatch(name):
        return None
    return db.session.scalar(_NAMED, {"organization": organization, "slug": slug})


def name(application: Application) -> str:
    """The name by which `named` finds it."""
    return name_of(application.organization.slug, application.slug)


def name_of(organization: str, slug: str) -> str:
    """The same of two slugs."""
    return f"{organization}/{slug}"


def standard(text: str) -> str:
    """A host as applications have it: lower case, and no port where it is the usual one.

    Empty for what is no host, or is longer than any.
    """
    host = text.strip().lower()
    for port in USUAL_PORTS.values():
        host = host.removesuffix(f":{port}")
    return host if _HOST.fullmatch(host) else ""


def origin(application: Application) -> str:
    """Where the application is, without a path: https://wiki.acme.example"""
    return f"{urlsplit(application.home_url).scheme}://{application.host}"
