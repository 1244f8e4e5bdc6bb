"""Development only: every component in every state, on one page."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response

from webapp import clock
from webapp.models import Group
from webapp.web import pages
from webapp.web.forms.styleguide import FilledForm, RefusedForm

blueprint = Blueprint("styleguide", __name__, url_prefix="/styleguide")

AGES = (timedelta(0), timedelta(minutes=5), timedelta(days=3), timedelta(days=-2))


@blueprint.get("")
def show() -> Response:
    """The page; it reads and writes nothing."""
    refused = RefusedForm()
    refused.refuse_everything()
    return pages.render(
        "styleguide/index.html",
        filled=FilledForm(
            data={
                "groups": ["group-1"],
                "plan": "weekly",
                "reminders": True,
                "text": "Come and see us.",
            }
        ),
        refused=refused,
        new=FilledForm(prefix="new-"),
        groups=[Group(slug=f"group-{n}", name=f"Group {n}") for n in range(1, 13)],
        moments=[clock.now() - age for age in AGES],
    )
