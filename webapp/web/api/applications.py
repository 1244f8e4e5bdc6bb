"""The API for applications."""

from __future__ import annotations

from typing import Any

from webapp.domain import applications
from webapp.domain.applications import table
from webapp.domain.openid import clients, keys
from webapp.models import Application
from webapp.web import limits
from webapp.web.api import application_requests, etags, guard, paging
from webapp.web.api.bodies import Blueprint
from webapp.web.api.response_schemas.applications import (
    ApplicationSchema,
    ApplicationsSchema,
    SecretSchema,
)

blueprint = Blueprint("api_applications", __name__, url_prefix="/api/v1/applications")
limits.calls(blueprint)
limits.unknown_calls(blueprint)

Json = dict[str, Any]
APPLICATION = ApplicationSchema()
EXAMPLE = {"name": "Wiki", "home_url": "https://wiki.example.org/", "groups": ["field-staff"]}


@blueprint.get("")
@blueprint.arguments(application_requests.ApplicationQuery, location="query")
@blueprint.response(200, ApplicationsSchema)
def index(query: Json) -> Any:
    """List applications

    One page of the organization's applications, by slug.
    """
    page = table.page(guard.organization(), **paging.by_slug(query))
    return paging.answer(page.rows, page.next)


@blueprint.post("")
@blueprint.arguments(application_requests.NewApplication, example=EXAMPLE)
@blueprint.response(201, ApplicationSchema)
def create(body: Json) -> Any:
    """Create an application

    Something that members reach through Gatehouse: all of them, or those in some groups.
    """
    body = _typed(body)
    return _answer(applications.create(guard.organization(), by=guard.user(), **body), 201)


@blueprint.get("/<slug:application>")
@blueprint.response(200, ApplicationSchema)
def show(application: str) -> Any:
    """Get an application

    Where it is, and who may enter.
    """
    return _answer(applications.find(guard.organization(), application))


@blueprint.patch("/<slug:application>")
@blueprint.arguments(application_requests.EditApplication, example={"state": "paused"})
@blueprint.response(200, ApplicationSchema)
def edit(body: Json, application: str) -> Any:
    """Change an application

    Who may enter is decided anew from the next request on. With `If-Match`, nothing happens if
    somebody has changed it since it had that `ETag`.
    """
    organization = guard.organization()
    found = applications.find(organization, application)
    body = {**_typed(body, found), "seen": etags.seen(APPLICATION.dump)}
    return _answer(applications.change(organization, application, by=guard.user(), **body))


@blueprint.delete("/<slug:application>")
@blueprint.response(204)
def delete(application: str) -> Any:
    """Delete an application

    Nobody can enter it through Gatehouse any more. The application itself is not touched.
    """
    applications.delete(guard.organization(), application, by=guard.user())


@blueprint.post("/<slug:application>/secret")
@blueprint.response(201, SecretSchema)
def new_secret(application: str) -> Any:
    """Create a client secret

    For OpenID Connect. It is in this answer only; the secret before works for 24 hours more.
    """
    found, secret = clients.new_secret(guard.organization(), application, by=guard.user())
    client_id = found.client.client_id if found.client else None
    return {"issuer": keys.issuer(), "client_id": client_id, "client_secret": secret}, 201


def _typed(body: Json, present: Application | None = None) -> Json:
    """An empty list is how no groups are read: sent back so it changes nothing."""
    if body.get("groups") != []:
        return body
    if present is None:
        return {**body, "groups": None}
    # It opens nothing that is for groups: that may be a list in which a program found nobody.
    has_groups = bool(present.groups) and not present.for_everyone
    return body if has_groups else {n: value for n, value in body.items() if n != "groups"}


def _answer(application: Application, status: int = 200) -> Any:
    return etags.with_etag(application, APPLICATION.dump(application), status)
