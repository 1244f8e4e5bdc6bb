"""API keys of an organization: created, shown once, revoked."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, flash, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import encryption
from webapp.domain.accounts import api_keys
from webapp.languages import gettext
from webapp.models import ApiKey
from webapp.web import forms, pages, scope
from webapp.web.forms.api_keys import KeyForm
from webapp.web.pages import dialog

blueprint = Blueprint("api_keys", __name__, url_prefix="/orgs/<slug:slug>/settings/api-keys")

PURPOSE, SECONDS = "new api key", 300


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
    # Kept only in the browser's cookie, encrypted, until the page has shown it.
    session["new_key"] = encryption.encrypt(PURPOSE, json.dumps([key.id, secret]))
    return pages.go(url_for(".show", slug=slug, key_id=key.id))


@blueprint.get("/<id:key_id>")
def show(slug: str, key_id: int) -> Response:
    """One key; its secret is shown once, to the admin who has just created it."""
    key = api_keys.get(scope.organization(), key_id)
    return pages.render("api_keys/show.html", key=key, secret=_new_secret(key))


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


def _new_secret(key: ApiKey) -> str | None:
    try:
        pair: Any = json.loads(encryption.decrypt(PURPOSE, session.pop("new_key", ""), SECONDS))
    except encryption.DecryptionError:
        return None
    key_id, secret = pair
    return str(secret) if key_id == key.id else None
