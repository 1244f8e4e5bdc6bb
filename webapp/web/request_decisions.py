"""Deciding requests: one with all that is needed for it, or several at once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import requests
from webapp.domain.errors import NotFound
from webapp.domain.organizations import days
from webapp.domain.requests import decisions, several, table
from webapp.languages import gettext as _
from webapp.languages import ngettext
from webapp.models import Request, RequestKind
from webapp.web import forms, messages, pages, scope
from webapp.web.forms import Form
from webapp.web.forms import kept as form_kept
from webapp.web.forms.requests import ApproveForm, LetStayForm, SeveralForm
from webapp.web.pages import dialog
from webapp.web.requests import reader_here

blueprint = Blueprint("request_decisions", __name__, url_prefix="/orgs/<slug:slug>/requests")


@blueprint.get("/<id:request_id>")
def show(slug: str, request_id: int) -> Response:
    """Who, why, what they would get, and what was asked about the address before."""
    row = _visible(request_id)
    return _page(row, _form(row))


@blueprint.post("/<id:request_id>/approve")
def approve(slug: str, request_id: int) -> AnyResponse:
    """Invite them, or let them stay."""
    organization, row = scope.organization(), _visible(request_id)
    form = _form(row)
    done = form.attempt(
        lambda: decisions.approve(organization, request_id, by=scope.me(), **_typed(form))
    )
    if not done:
        return _page(row, form, 422)
    flash(_approved(done.result), "success")
    return pages.go(url_for("requests.index", slug=slug))


@blueprint.post("/<id:request_id>/decline")
def decline(slug: str, request_id: int) -> AnyResponse:
    """Say no."""
    _visible(request_id)
    form = forms.ButtonForm()
    done = form.attempt(decisions.decline, scope.organization(), request_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash(_("The request about %(email)s is declined.", email=done.result.email), "success")
    return pages.go(url_for("requests.index", slug=slug))


@blueprint.get("/selected")
def ask_several(slug: str) -> Response:
    """The confirmation page, naming everybody concerned."""
    return _several(SeveralForm())


@blueprint.post("/selected")
def do_several(slug: str) -> AnyResponse:
    """Do it for each, and say what became of them."""
    form, verb = SeveralForm(), request.form.get("do", "")
    role = form.role.data or None
    done = form.attempt(several.do, reader_here(), verb, _ids(request.form), role=role)
    if not done:
        return _several(form, 422)
    number = len(done.result.done)
    if number:
        flash(_done(verb, number), "success")
    messages.tell_refused("decided", done.result.refused)
    return pages.go(url_for("requests.index", slug=slug))


def _visible(request_id: int) -> Request:
    """The request, for those who may decide it or made it; not found for everybody else."""
    row, reader = requests.find(scope.organization(), request_id), reader_here()
    is_theirs = row.maker_id == reader.user.id or reader.decides
    if not (is_theirs or decisions.may_decide(row, reader.user, reader.role)):
        raise NotFound
    return row


def _form(row: Request) -> Form:
    """The form of what they would get."""
    organization = scope.organization()
    if row.kind == RequestKind.STAY and not reader_here().decides:
        return forms.ButtonForm()  # a sponsor extends as usual
    if row.kind == RequestKind.STAY:
        return LetStayForm.of(organization, row)
    return ApproveForm.of(organization, row) if row.membership_id is None else forms.ButtonForm()


def _typed(form: Form) -> dict[str, Any]:
    if isinstance(form, LetStayForm):
        return {"ends_at": form.end(scope.organization())}
    return form.typed if isinstance(form, ApproveForm) else {}


def _approved(row: Request) -> str:
    if row.kind == RequestKind.STAY and row.membership is not None and row.membership.ends_at:
        end = days.in_words(scope.organization(), row.membership.ends_at)
        return _("The access of %(name)s lasts until %(end)s.", name=row.name or row.email, end=end)
    if row.membership_id is not None:
        return _("%(name)s is now an admin.", name=row.name or row.email)
    return _("Invitation sent to %(email)s.", email=row.email)


def _page(row: Request, form: Form, status: int = 200) -> Response:
    organization, reader = scope.organization(), reader_here()
    earlier = table.earlier(row) if reader.decides else []
    hindrance = table.hindrances(organization, [row]).get(row.email_key) if reader.decides else None
    member = row.membership
    return pages.render(
        "requests/show.html",
        row=row,
        form=form,
        earlier=earlier,
        hindrance=hindrance,
        members=table.members(organization, [row.maker, *(one.maker for one in earlier)]),
        may_decide=decisions.may_decide(row, reader.user, reader.role),
        ends=days.in_words(organization, member.ends_at) if member and member.ends_at else None,
        status=status,
    )


def _done(verb: str, number: int) -> str:
    if verb == several.APPROVE:
        return ngettext("%(num)s request approved.", "%(num)s requests approved.", number)
    return ngettext("%(num)s request declined.", "%(num)s requests declined.", number)


def _several(form: SeveralForm, status: int = 200) -> Response:
    values = request.form if request.method == "POST" else request.args
    kept = form_kept.fill_in(("do", "id", "role"))
    if kept is not None:
        values, form.kept_number = kept, form_kept.number()
        form.role.data = kept.get("role", "")
    verb, ids = values.get("do", ""), _ids(values)
    return pages.render(
        "requests/several.html",
        fragment=dialog("requests/_several.html"),
        form=form,
        do=verb if verb == several.DECLINE else several.APPROVE,
        chosen=several.find(reader_here(), ids),
        wanted=len(ids),
        most=several.MOST,
        status=status,
    )


def _ids(values: MultiDict[str, str]) -> list[int]:
    return [pages.row_id(text) for text in values.getlist("id")]
