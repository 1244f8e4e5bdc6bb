"""API keys of an organization: created, shown once, revoked."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.accounts import api_keys
from webapp.languages import gettext
from webapp.web import forms, pages, scope, shown_once
from webapp.web.forms.api_keys import KeyForm
from webapp.web.pages import dialog

blueprint = Blueprint("api_keys", __name__, url_prefix="/orgs/<slug:slug>/settings/api-keys")


@blueprint.get("")
def index(slug: str) -> Response:
    """The keys, and the form to create one."""
    return _index(KeyForm())


@blueprint.post("")
def create(slug: str) -> AnyResponse:
    """Create a key; it is shown once, on the next page."""
    form = KeyForm()
    done = form.attempt(
        api_keys.create,
        scope.organization(),
        by=scope.me(),
        name=form.name.data or "",
        scopes=form.scopes.data or [],
        days=form.days.data or None,
    )
    if not done:
        return _index(form, 422)
    key, secret = done.result
    shown_once.keep(shown_once.API_KEY, key.id, secret)
    return pages.go(url_for(".show", slug=slug, key_id=key.id))


@blueprint.get("/<id:key_id>")
def show(slug: str, key_id: int) -> Response:
    """One key; its secret is shown once, to the admin who has just created it."""
    key = api_keys.get(scope.organization(), key_id)
    secret = shown_once.take(shown_once.API_KEY, key.id)
    return pages.render("api_keys/show.html", key=key, secret=secret)


@blueprint.get("/<id:key_id>/revoke")
def ask_revoke(slug: str, key_id: int) -> Response:
    """The confirmation page before revoking."""
    return pages.render(
        "api_keys/revoke.html",
        fragment=dialog("api_keys/_revoke.html"),
        key=api_keys.get(scope.organization(), key_id),
    )


@blueprint.post("/<id:key_id>/revoke")
def revoke(slug: str, key_id: int) -> AnyResponse:
    """Revoke the key."""
    form = forms.ButtonForm()
    done = form.attempt(api_keys.revoke, scope.organization(), key_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash(
        gettext(
            "The key “%(name)s” was revoked. Programs can no longer use it.", name=done.result.name
        ),
        "success",
    )
    return pages.go(url_for(".index", slug=slug))


def _index(form: KeyForm, status: int = 200) -> Response:
    return pages.render(
        "api_keys/index.html", form=form, keys=api_keys.of(scope.organization()), status=status
    )
