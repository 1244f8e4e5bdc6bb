"""One delivery of a webhook: its body, its attempts and their responses."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import webhooks
from webapp.domain.webhooks import deliveries, payloads
from webapp.languages import gettext
from webapp.web import forms, pages, scope

blueprint = Blueprint(
    "webhook_deliveries",
    __name__,
    url_prefix="/orgs/<slug:slug>/settings/webhooks/<id:webhook_id>/deliveries",
)


@blueprint.get("/<id:delivery_id>")
def show(slug: str, webhook_id: int, delivery_id: int) -> Response:
    """The body, and every attempt with its response."""
    organization = scope.organization()
    endpoint = webhooks.find(organization, webhook_id)
    delivery = deliveries.find(endpoint, delivery_id)
    return pages.render(
        "webhooks/delivery.html",
        endpoint=endpoint,
        delivery=delivery,
        tries=deliveries.tries(delivery),
        body=payloads.laid_out(delivery.event, organization),
    )


@blueprint.post("/<id:delivery_id>/replay")
def replay(slug: str, webhook_id: int, delivery_id: int) -> AnyResponse:
    """Send it again."""
    form, organization = forms.ButtonForm(), scope.organization()
    done = form.attempt(deliveries.replay, organization, webhook_id, delivery_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash(
        gettext(
            "The event is being sent again, with the same id. Reload the page to see the response."
        ),
        "success",
    )
    return pages.go(url_for(".show", slug=slug, webhook_id=webhook_id, delivery_id=delivery_id))
