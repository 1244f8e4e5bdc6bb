"""Requests: their list, making one, and the page of one."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import requests
from webapp.domain.organizations import days, memberships
from webapp.domain.requests import decisions, proposals, stays, table
from webapp.domain.requests.table import Reader
from webapp.languages import gettext as _
from webapp.models import Request
from webapp.web import forms, pages, scope
from webapp.web.forms.requests import ProposeForm, StayForm
from webapp.web.pages import row_id

blueprint = Blueprint("requests", __name__, url_prefix="/orgs/<slug:slug>/requests")


@blueprint.get("")
def index(slug: str) -> Response:
    """The requests that wait, those decided, and the reader's own."""
    organization, reader = scope.organization(), reader_here()
    which = _which(reader, request.args.get("show"))
    page = table.page(reader, which, before=row_id(request.args.get("before")))
    rows: Sequence[Request] = page.rows
    return pages.render(
        "requests/index.html",
        page=page,
        which=which,
        lists=lists(reader),
        waiting=table.count(reader),
        members=table.members(organization, [row.maker for row in rows]),
        hindrances=table.hindrances(organization, rows) if reader.decides else {},
        selects=which == table.OPEN and len(rows) > 1,
        may_decide=lambda row: decisions.may_decide(row, reader.user, reader.role),
        may_propose=proposals.may(organization, reader.role),
    )


@blueprint.get("/new")
def new(slug: str) -> Response:
    """The form to suggest somebody."""
    proposals.refuse_other_roles(scope.organization(), scope.role())
    return _new(ProposeForm())


@blueprint.post("")
def create(slug: str) -> AnyResponse:
    """Suggest somebody to the admins."""
    form = ProposeForm()
    words = {"name": form.name.data, "reason": form.reason.data, "role": form.role.data}
    done = form.attempt(
        proposals.propose, scope.organization(), by=scope.me(), email=form.email.data, **words
    )
    if not done:
        return _new(form, 422)
    words_ = _("Thank you. The admins will decide about %(email)s.", email=done.result.email)
    flash(words_, "success")
    return pages.go(url_for(".index", slug=slug, show=table.MINE))


@blueprint.get("/stay")
def ask_stay(slug: str) -> Response:
    """The form for asking for a later end of the member's own access."""
    return _stay(StayForm())


@blueprint.post("/stay")
def stay(slug: str) -> AnyResponse:
    """Ask for it."""
    form = StayForm()
    done = form.attempt(stays.ask, scope.organization(), by=scope.me(), reason=form.reason.data)
    if not done:
        return _stay(form, 422)
    flash(_("Thank you. Your sponsor or an admin will decide."), "success")
    return pages.go(url_for(".index", slug=slug, show=table.MINE))


@blueprint.post("/<id:request_id>/withdraw")
def withdraw(slug: str, request_id: int) -> AnyResponse:
    """Withdraw a request that the actor made."""
    form = forms.ButtonForm()
    done = form.attempt(decisions.withdraw, scope.organization(), request_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash(_("The request about %(email)s is withdrawn.", email=done.result.email), "success")
    return pages.go(url_for(".index", slug=slug, show=table.MINE))


def reader_here() -> Reader:
    """The signed-in member as a reader of requests."""
    return Reader(scope.organization(), scope.me(), scope.role())


def lists(reader: Reader) -> list[str]:
    """Which lists there are for the reader."""
    if reader.decides:
        return [table.OPEN, table.DECIDED, table.MINE]
    return [table.OPEN, table.MINE] if reader.sponsors else [table.MINE]


def _which(reader: Reader, asked: str | None) -> str:
    known = lists(reader)
    return asked if asked in known else known[0]


def _new(form: ProposeForm, status: int = 200) -> Response:
    organization = scope.organization()
    return pages.render(
        "requests/new.html",
        form=form,
        left=proposals.left(organization, scope.me()),
        most=requests.REASON_MOST,
        status=status,
    )


def _stay(form: StayForm, status: int = 200) -> Response:
    organization = scope.organization()
    member = memberships.of_user(organization, scope.me())
    end = days.in_words(organization, member.ends_at) if member.ends_at else ""
    return pages.render(
        "requests/stay.html", form=form, end=end, most=requests.REASON_MOST, status=status
    )
