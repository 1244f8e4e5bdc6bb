"""What somebody is told who has just joined, and the first steps of a new organization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.members import first_steps
from webapp.domain.members.first_steps import Step
from webapp.web import cookies, forms, pages, scope

blueprint = Blueprint("arrival", __name__, url_prefix="/orgs/<slug:slug>/arrival")

KEY = "arrived"  # in the form cookie: where this browser's user has just joined
SECONDS = int(first_steps.NEW.total_seconds())


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whether the reader has just joined, and what is left to do first."""

    has_joined: bool
    steps: Sequence[Step]


def note(slug: str) -> None:
    """Have the next page of the organization say welcome; for the response that signs in."""
    session[KEY] = slug


def here() -> Arrival | None:
    """What the first page tells on top, if anything; a welcome is told once."""
    organization = scope.organization()
    has_joined = session.get(KEY) == organization.slug
    if has_joined:
        session.pop(KEY)
    is_dismissed = bool(cookies.read(_cookie(organization.slug)))
    shows_steps = scope.may("settings:write") and not is_dismissed
    steps = first_steps.of(organization) if shows_steps else ()
    return Arrival(has_joined, steps) if has_joined or steps else None


@blueprint.post("/dismiss")
def dismiss(slug: str) -> AnyResponse:
    """Show the first steps no longer in this browser."""
    form = forms.ButtonForm()
    response = pages.go(url_for("home.organization", slug=slug))
    done = form.attempt(cookies.put, response, _cookie(slug), "dismissed", SECONDS)
    return response if done else pages.refused(form.refusal())


def _cookie(slug: str) -> str:
    return f"steps-{slug}"
