"""What an admin does with an application as a program: its addresses, and its secret."""

from __future__ import annotations

from functools import partial
from typing import Any

from webapp.db import db, transaction
from webapp.domain import applications, events, organizations
from webapp.domain.applications import table
from webapp.domain.events import Actor, versions
from webapp.domain.events.versions import Seen
from webapp.domain.openid import clients
from webapp.domain.organizations import permissions
from webapp.models import Application, Organization

# The columns in English, for the trail.
WORDS = {
    "redirect_uris": "its redirect addresses",
    "post_logout_redirect_uris": "its addresses after signing out",
    "backchannel_logout_uri": "its back-channel logout address",
    "is_public": "whether it keeps a secret",
}


@transaction(applications.CONFLICTS)
def create(organization: Organization, *, by: Actor, **typed: Any) -> Application:
    """Create an application that has a client id from the beginning."""
    columns = clients.read(_taken(typed))
    application = applications.create(organization, by=by, **typed)
    clients.change(application, columns)
    return application


@transaction(applications.CONFLICTS)
def edit(
    organization: Organization, slug: str, *, by: Actor, seen: Seen | None = None, **typed: Any
) -> Application:
    """Change what is given of an application, what it is as a program with it."""
    columns = clients.read(_taken(typed))
    application = applications.change(organization, slug, by=by, seen=seen, **typed)
    if columns:
        _write(application, columns, by)
    return application


@transaction()
def change(
    organization: Organization, slug: str, *, by: Actor, seen: Seen | None = None, **typed: Any
) -> Application:
    """Change what the application is as a program."""
    columns = clients.read(typed)
    application = _locked(organization, slug, by)
    writes = clients.differing(application, columns)
    told = partial(applications.last_change, organization, application)
    versions.refuse_changed(seen, application, writes=writes, told=told)
    _write(application, columns, by)
    return application


@transaction()
def new_secret(organization: Organization, slug: str, *, by: Actor) -> tuple[Application, str]:
    """Give it a new secret, which is returned this once; the one before works for a day."""
    application = _locked(organization, slug, by)
    secret = clients.new_secret(application)
    _changed(application, by, "its client secret")
    return application, secret


def _locked(organization: Organization, slug: str, by: Actor) -> Application:
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "applications:write")
    return table.find(organization, slug, lock=True)


def _taken(typed: dict[str, Any]) -> dict[str, Any]:
    """Take what is about the program out of what was typed."""
    return {name: typed.pop(name) for name in clients.FIELDS if name in typed}


def _write(application: Application, columns: dict[str, Any], by: Actor) -> None:
    changed = clients.change(application, columns)
    if changed:
        _changed(application, by, " and ".join(WORDS[name] for name in changed))


def _changed(application: Application, by: Actor, changed: str) -> None:
    db.session.flush()
    db.session.expire(application, ["client"])
    told: dict[str, Any] = {
        "application": application.slug,
        "name": application.name,
        "changed": changed,
    }
    events.record(application.organization_id, "ApplicationChanged", by=by, **told)
