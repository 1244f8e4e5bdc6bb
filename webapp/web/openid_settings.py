"""What an application needs for OpenID Connect: its addresses, and its secret, shown once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import applications
from webapp.domain.applications import table
from webapp.domain.openid import clients
from webapp.languages import gettext as _
from webapp.models import Application
from webapp.web import forms, pages, scope, shown_once
from webapp.web.forms.applications import OpenIdForm

PLACE = "/orgs/<slug:slug>/applications/<slug:application>"
blueprint = Blueprint("openid_settings", __name__, url_prefix=PLACE)


@blueprint.get("/openid")
def ask(slug: str, application: str) -> Response:
    """The form with its addresses."""
    found = table.find(scope.organization(), application)
    return _page("openid", OpenIdForm.showing(found), found)


@blueprint.post("/openid")
def change(slug: str, application: str) -> AnyResponse:
    """Change them; from the next request on nobody is sent to an earlier one."""
    organization, form = scope.organization(), OpenIdForm()
    found = table.find(organization, application)
    typed = {**form.typed, "seen": form.before}
    done = form.attempt(applications.change, organization, application, by=scope.me(), **typed)
    if not done:
        return _page("openid", form, found, 422)
    flash(_("The application “%(name)s” was saved.", name=found.name), "success")
    return pages.go(url_for("applications.show", slug=slug, application=application))


@blueprint.get("/secret")
def ask_secret(slug: str, application: str) -> Response:
    """The page before it gets a new secret."""
    found = table.find(scope.organization(), application)
    return _page("secret", forms.ButtonForm(), found)


@blueprint.post("/secret")
def make_secret(slug: str, application: str) -> AnyResponse:
    """Give it a new secret, which the next page shows once."""
    organization, form = scope.organization(), forms.ButtonForm()
    done = form.attempt(clients.new_secret, organization, application, by=scope.me())
    if not done:
        return _page("secret", form, table.find(organization, application), 422)
    found, secret = done.result
    shown_once.keep(shown_once.CLIENT_SECRET, found.id, secret)
    flash(_("A new secret was created. Copy it now: it is shown only this once."), "success")
    return pages.go(url_for("applications.show", slug=slug, application=application))


def _page(question: str, form: Any, application: Application, status: int = 200) -> Response:
    template = f"applications/{question}.html"
    return pages.render(template, form=form, application=application, status=status)
