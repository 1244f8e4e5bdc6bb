"""The webhooks of an organization: their list, and the pages of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import webhooks
from webapp.domain.webhooks import deliveries, secrets
from webapp.encryption import DecryptionError
from webapp.languages import gettext, marked
from webapp.web import forms, limits, one_time_view, pages, scope
from webapp.web.forms.webhooks import WebhookForm
from webapp.web.pages import row_id

blueprint = Blueprint("webhooks", __name__, url_prefix="/orgs/<slug:slug>/settings/webhooks")

SHOW_SECRET = "show webhook secret"  # noqa: S105 - a purpose of signing
DELETED = marked("The webhook was deleted. Nothing more is sent there.")


@blueprint.get("")
def index(slug: str) -> Response:
    """All webhooks, each with its state."""
    return pages.render(
        "webhooks/index.html",
        endpoints=webhooks.everyone(scope.organization()),
        most=webhooks.MOST,
    )


@blueprint.get("/new")
def new(slug: str) -> Response:
    """The form to add one."""
    return pages.render("webhooks/new.html", form=WebhookForm())


@blueprint.post("")
@limits.lookups
def create(slug: str) -> AnyResponse:
    """Add one; its secret is shown once, on the page that follows."""
    form = WebhookForm()
    done = form.attempt(webhooks.create, scope.organization(), by=scope.me(), **form.typed)
    if not done:
        return pages.render("webhooks/new.html", form=form, status=422)
    words = gettext("The webhook was added. Copy its secret now: it is shown only this once.")
    flash(words, "success")
    return _to_secret(slug, done.result.id)


@blueprint.get("/<id:webhook_id>")
def show(slug: str, webhook_id: int) -> Response:
    """One webhook and its deliveries."""
    endpoint = webhooks.find(scope.organization(), webhook_id)
    before = row_id(request.args.get("before"))
    secret = ""
    if one_time_view.is_fresh(request.args.get("shown"), webhook_id, SHOW_SECRET):
        try:
            secret = secrets.shown(endpoint)
        except DecryptionError:
            flash(gettext("The secret can no longer be read. Create a new one."), "error")
    return pages.render(
        "webhooks/show.html",
        endpoint=endpoint,
        secret=secret,
        page=deliveries.page(endpoint, before=before),
    )


@blueprint.get("/<id:webhook_id>/edit")
def ask_change(slug: str, webhook_id: int) -> Response:
    """The form to change one."""
    endpoint = webhooks.find(scope.organization(), webhook_id)
    return pages.render("webhooks/edit.html", form=WebhookForm.showing(endpoint), endpoint=endpoint)


@blueprint.post("/<id:webhook_id>/edit")
@limits.lookups
def change(slug: str, webhook_id: int) -> AnyResponse:
    """Change it."""
    organization, form = scope.organization(), WebhookForm()
    endpoint = webhooks.find(organization, webhook_id)
    changes = {**form.typed, "seen": form.before}
    done = form.attempt(webhooks.change, organization, webhook_id, by=scope.me(), **changes)
    if not done:
        return pages.render("webhooks/edit.html", form=form, endpoint=endpoint, status=422)
    flash(gettext("The webhook was saved."), "success")
    return pages.go(url_for(".show", slug=slug, webhook_id=webhook_id))


@blueprint.post("/<id:webhook_id>/off")
def switch_off(slug: str, webhook_id: int) -> AnyResponse:
    """Send no more events to it."""
    return _press(
        slug,
        webhook_id,
        webhooks.switch_off,
        gettext("The webhook is off. Events that happen from now on are not sent."),
    )


@blueprint.post("/<id:webhook_id>/on")
def switch_on(slug: str, webhook_id: int) -> AnyResponse:
    """Send events to it again."""
    return _press(slug, webhook_id, webhooks.switch_on, gettext("The webhook is on."))


@blueprint.post("/<id:webhook_id>/test")
def test(slug: str, webhook_id: int) -> AnyResponse:
    """Send it a test event."""
    message = gettext("A test event is on its way. Reload the page to see the response.")
    return _press(slug, webhook_id, webhooks.send_test, message)


@blueprint.get("/<id:webhook_id>/secret")
def ask_rotate(slug: str, webhook_id: int) -> Response:
    """The confirmation page before it gets a new secret."""
    return _ask("rotate", webhook_id, forms.ButtonForm())


@blueprint.post("/<id:webhook_id>/secret")
def rotate(slug: str, webhook_id: int) -> AnyResponse:
    """Give it a new secret, which is shown once."""
    form = forms.ButtonForm()
    done = form.attempt(webhooks.rotate_secret, scope.organization(), webhook_id, by=scope.me())
    if not done:
        return _ask("rotate", webhook_id, form, 422)
    words = gettext("A new secret was created. Copy it now: it is shown only this once.")
    flash(words, "success")
    return _to_secret(slug, webhook_id)


@blueprint.get("/<id:webhook_id>/delete")
def ask_delete(slug: str, webhook_id: int) -> Response:
    """The confirmation page before it is deleted."""
    return _ask("delete", webhook_id, forms.ButtonForm())


@blueprint.post("/<id:webhook_id>/delete")
def delete(slug: str, webhook_id: int) -> AnyResponse:
    """Delete it."""
    form = forms.ButtonForm()
    done = form.attempt(webhooks.delete, scope.organization(), webhook_id, by=scope.me())
    if not done:
        return _ask("delete", webhook_id, form, 422)
    flash(gettext(DELETED), "success")
    return pages.go(url_for(".index", slug=slug))


def _press(slug: str, webhook_id: int, verb: Callable[..., Any], message: str) -> AnyResponse:
    form = forms.ButtonForm()
    done = form.attempt(verb, scope.organization(), webhook_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash(message, "success")
    return pages.go(url_for(".show", slug=slug, webhook_id=webhook_id))


def _ask(page: str, webhook_id: int, form: forms.ButtonForm, status: int = 200) -> Response:
    endpoint = webhooks.find(scope.organization(), webhook_id)
    return pages.render(f"webhooks/{page}.html", form=form, endpoint=endpoint, status=status)


def _to_secret(slug: str, webhook_id: int) -> AnyResponse:
    permit = one_time_view.make(webhook_id, SHOW_SECRET)
    return pages.go(url_for(".show", slug=slug, webhook_id=webhook_id, shown=permit))
